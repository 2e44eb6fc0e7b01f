// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/engine/pixel_model.h"

#include "core/base/error.h"
#include "core/base/stamp.h"
#include "core/base/version.h"
#include "core/project/project.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>
#include <string_view>
#include <xxhash.h>

namespace eyepiece::label {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view magic = "eyepiece pixels\n";
constexpr std::uint32_t version = 1;
constexpr const char* extension = ".pixels";
constexpr std::uintmax_t most_bytes = std::uintmax_t{1} << 31;
constexpr int most_channels = 4096;

template<class T>
void put(std::string& to, T value) {
    to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template<class T>
T take(std::string_view& from) {
    T value{};
    if (from.size() < sizeof value)
        throw Error(ErrorCode::BadInput, "it ends too soon");
    std::memcpy(&value, from.data(), sizeof value);
    from.remove_prefix(sizeof value);
    return value;
}

std::string content_of(const fs::path& file) {
    const auto fail = [&](const std::string& reason) {
        throw Error(ErrorCode::Storage,
                    "The classifier " + file.string() + " cannot be read: " + reason + ".");
    };
    std::error_code error;
    if (!fs::exists(file, error))
        throw Error(ErrorCode::NotFound, "There is no classifier " + file.string() + ".");
    if (!fs::is_regular_file(file, error))
        fail("it is not a file");
    const std::uintmax_t bytes = fs::file_size(file, error);
    if (error)
        fail(error.message());
    // What is something else is not read whole to find that out.
    std::ifstream stream(file, std::ios::binary);
    std::string content(std::min<std::uintmax_t>(bytes, magic.size()), '\0');
    if (!stream.read(content.data(), static_cast<std::streamsize>(content.size())))
        fail(std::strerror(errno));
    if (content != magic || bytes > most_bytes)
        return content;
    content.resize(bytes);
    if (!stream.read(content.data() + magic.size(), static_cast<std::streamsize>(bytes - magic.size())))
        fail(std::strerror(errno));
    return content;
}

void read_card(const Json& card, PixelModel& model) {
    model.options =
        PixelFeatureOptions::from_parameters(PixelFeatureOptions::parameters().complete(card.at("features")));
    model.kind.channels = card.at("channels");
    model.kind.rgb = card.at("rgb");
    model.kind.type = pixel_type_from_string(card.at("pixel_type").get<std::string>());
    for (const Json& one : card.at("classes"))
        model.classes.push_back({one.at("id"), one.at("name"), one.at("color").get<Rgb>(), {}});
    const Json& counts = card.at("labelled_pixels");
    for (auto count = counts.begin(); count != counts.end(); ++count)
        model.pixel_count[std::stoi(count.key())] = count->get<std::int64_t>();
    model.images = card.at("images");
    model.seed = card.at("seed");
}

void require_consistent(const PixelModel& model) {
    std::set<ClassId> ids;
    for (const LabelClass& one : model.classes)
        ids.insert(one.id);
    if (model.kind.channels < 1 || model.kind.channels > most_channels ||
        ids.size() != model.classes.size() ||
        model.classes.size() != static_cast<std::size_t>(model.forest.classes()) ||
        PixelFeatures(model.options, model.kind).count() != model.forest.features())
        throw Error(ErrorCode::BadInput, "its parts do not fit one another");
}

std::vector<std::string> models_of(const fs::path& project) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(project / "classifiers", error), end; !error && entry != end;
         entry.increment(error))
        if (entry->path().extension() == extension)
            names.push_back(entry->path().stem().string());
    std::sort(names.begin(), names.end());
    return names;
}

std::string shown(const PixelFeatures& features, const ImageInfo& info) {
    return std::to_string(info.channels) + (info.channels == 1 ? " channel" : " channels") +
           (features.channels() != info.channels ? " taken as brightness" : "");
}

} // namespace

Json PixelModel::card() const {
    Json listed = Json::array();
    for (const LabelClass& one : classes)
        listed.push_back({{"id", one.id}, {"name", one.name}, {"color", one.color}});
    Json counts = Json::object();
    for (const auto& [id, count] : pixel_count)
        counts[std::to_string(id)] = count;
    return {{"features", options.to_json()},
            {"channels", kind.channels},
            {"rgb", kind.rgb},
            {"pixel_type", std::string(to_string(kind.type))},
            {"classes", std::move(listed)},
            {"labelled_pixels", std::move(counts)},
            {"images", images},
            {"trees", forest.trees()},
            {"seed", seed},
            {"out_of_bag", forest.out_of_bag() < 0 ? Json() : Json(forest.out_of_bag())}};
}

PixelFeatures PixelModel::features_for(const ImageInfo& info) const {
    PixelFeatures features(options, info);
    const PixelFeatures learnt(options, kind);
    if (features.names() != learnt.names())
        throw Error(ErrorCode::BadInput, "The classifier learnt from images of " + shown(learnt, kind) +
                                             ", and this one has " + shown(features, info) +
                                             ". Learn a classifier from images like this one.");
    if (info.type != kind.type)
        throw Error(ErrorCode::BadInput, "The classifier learnt from images of " +
                                             std::string(to_string(kind.type)) + ", and this one is of " +
                                             std::string(to_string(info.type)) +
                                             ", where the same number is another brightness. Learn a "
                                             "classifier from images like this one.");
    return features;
}

void write_pixel_model(const fs::path& file, const PixelModel& model) {
    Json card = model.card();
    card["program"] = EYEPIECE_VERSION;
    card["written"] = utc_now();
    const std::string head = card.dump();
    std::string body;
    put(body, static_cast<std::uint32_t>(head.size()));
    body += head;
    std::ostringstream forest;
    model.forest.write(forest);
    body += forest.view();
    std::string whole(magic);
    put(whole, version);
    put(whole, static_cast<std::uint64_t>(XXH3_64bits(body.data(), body.size())));
    std::error_code error;
    if (file.has_parent_path())
        fs::create_directories(file.parent_path(), error); // where this fails, writing says why
    write_file_atomically(file, whole + body);
}

PixelModel read_pixel_model(const fs::path& file) {
    const std::string content = content_of(file);
    if (!content.starts_with(magic))
        throw Error(ErrorCode::BadInput, file.string() +
                                             " is not a classifier of pixels. `eyepiece-cli learn` "
                                             "makes one of a project's labels.");
    std::string_view rest = std::string_view(content).substr(magic.size());
    std::string reason = "its content is not what was written";
    try {
        if (const auto found = take<std::uint32_t>(rest); found > version)
            throw Error(ErrorCode::Unsupported, "The classifier " + file.string() +
                                                    " was written by a newer Eyepiece (format " +
                                                    std::to_string(found) + "): update this one.");
        if (take<std::uint64_t>(rest) == XXH3_64bits(rest.data(), rest.size())) {
            const auto length = take<std::uint32_t>(rest);
            PixelModel model;
            read_card(Json::parse(rest.substr(0, length)), model);
            std::istringstream forest{std::string(rest.substr(std::min<std::size_t>(length, rest.size())))};
            model.forest = RandomForest::read(forest);
            require_consistent(model);
            return model;
        }
    } catch (const Error& error) {
        if (error.code() == ErrorCode::Unsupported)
            throw;
        reason = error.what();
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const std::exception& error) { // of Json, or a number that is none
        reason = error.what();
    }
    throw Error(ErrorCode::BadInput,
                "The classifier " + file.string() + " is damaged. Learn it again, or take a copy.", reason);
}

fs::path pixel_model_file(const fs::path& project, const std::string& name) {
    if (name.empty() || name.front() == '.' || name.size() > 200 ||
        std::any_of(name.begin(), name.end(),
                    [](char c) { return c == '/' || c == ':' || static_cast<unsigned char>(c) < ' '; }))
        throw Error(ErrorCode::BadInput,
                    "\"" + name + "\" cannot be a classifier's name: take letters, digits, spaces, - and _.");
    return project / "classifiers" / (name + extension);
}

fs::path find_pixel_model(const std::string& reference) {
    std::error_code error;
    if (fs::exists(reference, error) && !fs::is_directory(reference, error))
        return reference;
    fs::path project = reference;
    std::string name;
    if (const std::size_t colon = reference.rfind(':');
        !Project::is_project(project) && colon != std::string::npos) {
        project = reference.substr(0, colon);
        name = reference.substr(colon + 1);
    }
    if (!Project::is_project(project))
        throw Error(ErrorCode::NotFound,
                    "There is no classifier " + reference + ". Say which as PROJECT:NAME, or as a file.");
    const std::vector<std::string> names = models_of(project);
    if (name.empty() && names.size() == 1)
        name = names.front();
    if (std::find(names.begin(), names.end(), name) != names.end())
        return pixel_model_file(project, name);
    std::string there;
    for (const std::string& one : names)
        there += (there.empty() ? "" : ", ") + one;
    throw Error(ErrorCode::NotFound,
                names.empty() ? "The project " + project.string() +
                                    " has no classifier yet: `eyepiece-cli learn` makes one of its labels."
                : name.empty() ? "The project " + project.string() +
                                     " has several classifiers: say which of " + there + " as PROJECT:NAME."
                               : "The project " + project.string() + " has no classifier \"" + name +
                                     "\". There are: " + there + ".");
}

} // namespace eyepiece::label
