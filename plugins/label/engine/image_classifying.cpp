// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/engine/image_classifying.h"

#include "core/base/error.h"
#include "core/formats/image_reader.h"
#include "core/formats/tiff_writer.h"
#include "core/project/project.h"
#include "plugins/label/engine/object_rows.h"
#include "plugins/label/engine/pixel_classifier.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace eyepiece::label {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t side = FeatureBlock::side;
constexpr const char* second = "_probabilities"; // ends the second image's name
constexpr double classified = 0.8;               // of the time; the rest goes into writing

void write_probabilities(const PixelClasses& band, TiffWriter& writer, const JobContext& context) {
    const std::int64_t width = band.region.width;
    const auto classes = static_cast<int>(band.probabilities.size() / band.classes.size());
    // Compressing all of a wide band would keep one who cancels waiting.
    constexpr std::int64_t piece = 16;
    for (std::int64_t y = 0; y < band.region.height; y += piece) {
        context.throw_if_cancelled();
        const std::int64_t rows = std::min(piece, band.region.height - y);
        Image image = Image::create(PixelType::Float32, classes, rows, width);
        for (int c = 0; c < classes; ++c)
            std::copy_n(band.probabilities.begin() + (c * band.region.height + y) * width, rows * width,
                        image.writable_plane_as<float>(c).begin());
        writer.write_rows(image);
    }
}

template<class T>
void write_ids(ObjectRows& objects, TiffWriter& writer, std::int64_t width, std::int64_t height,
               JobContext& context) {
    std::vector<ObjectId> ids(static_cast<std::size_t>(width));
    for (std::int64_t y = 0; y < height; y += side) {
        context.throw_if_cancelled();
        const std::int64_t rows = std::min(side, height - y);
        Image band = Image::create(pixel_type_of<T>(), 1, rows, width);
        auto to = band.writable_plane_as<T>(0).begin();
        for (std::int64_t row = 0; row < rows; ++row) {
            objects.next(ids);
            to = std::transform(ids.begin(), ids.end(), to, [](ObjectId id) { return static_cast<T>(id); });
        }
        writer.write_rows(band);
        context.progress(classified +
                             (1 - classified) * static_cast<double>(y + rows) / static_cast<double>(height),
                         "Writing");
    }
}

Json listed(const std::vector<ClassObject>& objects, const std::vector<LabelClass>& classes) {
    Json list = Json::array();
    for (const ClassObject& one : objects)
        list.push_back({{"id", one.id},
                        {"class", classes[one.kind - std::size_t{1}].id},
                        {"area", one.area},
                        {"bounds", {one.bounds.x, one.bounds.y, one.bounds.width, one.bounds.height}}});
    return list;
}

Json summed_up(const std::vector<ClassObject>& objects, const std::vector<LabelClass>& classes) {
    std::vector<std::int64_t> count(classes.size(), 0), area(classes.size(), 0);
    for (const ClassObject& one : objects) {
        ++count[one.kind - std::size_t{1}];
        area[one.kind - std::size_t{1}] += one.area;
    }
    Json list = Json::array();
    for (std::size_t at = 0; at < classes.size(); ++at)
        list.push_back({{"id", classes[at].id},
                        {"name", classes[at].name},
                        {"color", classes[at].color},
                        {"objects", count[at]},
                        {"area", area[at]}});
    return list;
}

} // namespace

std::vector<ClassifiedFiles> classified_files(const std::vector<fs::path>& inputs, const fs::path& folder,
                                              bool probabilities) {
    std::map<std::string, int> stems;
    for (const fs::path& input : inputs)
        ++stems[input.stem().string()];
    std::vector<ClassifiedFiles> files;
    std::set<std::string> taken;
    for (const fs::path& input : inputs) {
        // a.png and a.tif in one call must not become one a.tif
        const std::string name =
            stems[input.stem().string()] > 1 ? input.filename().string() : input.stem().string();
        std::string unique = name;
        for (int count = 2; taken.contains(unique) || (probabilities && taken.contains(unique + second));
             ++count)
            unique = name + "-" + std::to_string(count);
        taken.insert(unique);
        if (probabilities)
            taken.insert(unique + second);
        files.push_back({folder / (unique + ".tif"), folder / (unique + ".json"),
                         probabilities ? folder / (unique + second + ".tif") : fs::path()});
    }
    std::error_code error;
    for (const ClassifiedFiles& out : files)
        for (const fs::path& file : {out.labels, out.objects, out.probabilities})
            if (!file.empty() && fs::exists(file, error))
                for (const fs::path& input : inputs)
                    if (fs::equivalent(file, input, error) && !error)
                        throw Error(ErrorCode::BadInput, "The result would replace the input " +
                                                             input.string() + ". Choose another folder.");
    return files;
}

Json classify_image(const PixelModel& model, const fs::path& input, const ClassifiedFiles& out, int threads,
                    JobContext& context) {
    FeatureImage image; // without a content hash its features are not kept
    image.source = open_image(input);
    const ImageInfo& info = image.source->info();
    const PixelFeatures features = model.features_for(info);
    if (const int planes = info.depth * info.frames; planes > 1)
        context.warn(input.filename().string() + " has " + std::to_string(planes) +
                     " planes, and only the first was classified.");
    std::vector<std::uint8_t> kind_of(model.classes.size(), 0);
    for (std::size_t at = 0; at < kind_of.size(); ++at)
        if (model.classes[at].id != 0)
            kind_of[at] = static_cast<std::uint8_t>(at + 1);

    const int probabilities_of = out.probabilities.empty() ? 0 : model.forest.classes();
    std::optional<TiffWriter> probabilities;
    if (probabilities_of > 0)
        probabilities.emplace(out.probabilities, PixelType::Float32, probabilities_of, info.height,
                              info.width, TiffOptions{.tile = 0, .pixel_size = info.pixel_size});
    LiveMemory memory;
    PixelClassifier classifier(model.forest, image, features, memory, threads);
    ObjectRows rows(info.width, out.labels.parent_path());
    std::vector<std::uint8_t> row(static_cast<std::size_t>(info.width));
    // Of a narrow image more than one row of blocks, so that all threads have work.
    const std::int64_t across = (info.width + side - 1) / side,
                       step = side * std::max<std::int64_t>(1, 8 / std::max<std::int64_t>(1, across));
    for (std::int64_t y = 0; y < info.height; y += step) {
        const Region band{0, y, info.width, std::min(step, info.height - y)};
        PixelClasses classes(band, probabilities_of);
        classifier.classify(band, classes, context);
        for (std::int64_t at = 0; at < band.height; ++at) {
            std::transform(classes.classes.begin() + at * band.width,
                           classes.classes.begin() + (at + 1) * band.width, row.begin(),
                           [&](std::uint8_t c) { return kind_of[c]; });
            rows.add(row);
        }
        if (probabilities)
            write_probabilities(classes, *probabilities, context);
        context.progress(classified * static_cast<double>(band.bottom()) / static_cast<double>(info.height),
                         "Classifying");
    }

    const std::vector<ClassObject>& objects = rows.finish();
    const bool wide = rows.more_than_16_bits();
    TiffWriter labels(out.labels, wide ? PixelType::UInt32 : PixelType::UInt16, 1, info.height, info.width,
                      {.pixel_size = info.pixel_size});
    if (wide)
        write_ids<std::uint32_t>(rows, labels, info.width, info.height, context);
    else
        write_ids<std::uint16_t>(rows, labels, info.width, info.height, context);
    Json answer{{"input", input.string()},
                {"out", out.labels.string()},
                {"width", info.width},
                {"height", info.height},
                {"classes", summed_up(objects, model.classes)}};
    labels.finish();
    if (probabilities) {
        probabilities->finish();
        answer["probabilities"] = out.probabilities.string();
    }
    Json all = answer;
    all["objects"] = listed(objects, model.classes);
    write_file_atomically(out.objects, all.dump(1));
    answer["objects"] = objects.size();
    answer["listed"] = out.objects.string();
    return answer;
}

} // namespace eyepiece::label
