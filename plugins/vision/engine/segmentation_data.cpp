// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/vision/engine/segmentation_data.h"

#include "core/base/error.h"
#include "core/formats/image_reader.h"
#include "core/learning/random.h"
#include "core/project/project.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

namespace eyepiece::vision {

Json to_json(const std::vector<OutputClass>& classes) {
    Json list = Json::array();
    for (const auto& c : classes)
        list.push_back({{"id", c.id}, {"name", c.name}, {"color", c.color}});
    return list;
}

std::vector<OutputClass> classes_from_json(const Json& json) {
    std::vector<OutputClass> classes;
    for (const Json& c : json)
        classes.push_back({c.at("id").get<ClassId>(), c.at("name").get<std::string>(),
                           c.at("color").get<std::array<std::uint8_t, 3>>()});
    return classes;
}

std::vector<std::uint8_t> read_classes(LabelStore& labels, const Item& item, const Region& region,
                                       const std::vector<OutputClass>& classes) {
    std::unordered_map<ObjectId, std::uint8_t> output{
        {0, item.complete ? std::uint8_t{0} : LabelledImage::unknown}};
    for (const LabelObject& object : labels.objects(item.id)) {
        std::uint8_t index = LabelledImage::unknown;
        for (std::size_t i = 0; i < classes.size(); ++i)
            if (classes[i].id == object.class_id)
                index = static_cast<std::uint8_t>(i);
        output[object.id] = index;
    }
    std::vector<std::uint8_t> result(static_cast<std::size_t>(region.width * region.height),
                                     LabelledImage::unknown);
    constexpr std::int64_t band = LabelStore::tile_size; // ids take four times the memory of classes
    for (std::int64_t top = 0; top < region.height; top += band) {
        const std::int64_t height = std::min(band, region.height - top);
        const LabelMap ids = labels.read(item.id, {region.x, region.y + top, region.width, height});
        auto* to = result.data() + top * region.width;
        ObjectId last = 0;
        std::uint8_t last_class = output[0];
        for (const ObjectId id : ids.ids()) {
            if (id != last) {
                const auto found = output.find(id);
                last = id;
                last_class = found == output.end() ? LabelledImage::unknown : found->second;
            }
            *to++ = last_class;
        }
    }
    return result;
}

LabelledImage read_labelled(Project& project, const Item& item, const Region& region,
                            const Normalisation& normalisation, const std::vector<OutputClass>& classes) {
    const auto source = open_image(item.path);
    LabelledImage image;
    const bool whole = region == Region{0, 0, source->info().width, source->info().height};
    image.pixels = normalisation.arranged(source->read(region, 0, labelled_z, labelled_t));
    image.limits =
        whole ? normalisation.measure(image.pixels) : normalisation.measure(*source, labelled_z, labelled_t);
    if (image.pixels.width() != region.width || image.pixels.height() != region.height)
        throw Error(ErrorCode::Conflict,
                    "The image " + item.name + " is not of the size it had. Look at it in Data.");
    image.classes = read_classes(project.labels(), item, region, classes);
    return image;
}

Region learning_region(Project& project, const Item& item, std::int64_t surroundings) {
    const Region all{0, 0, item.width, item.height};
    if (item.complete)
        return all;
    Region region = project.labels().labelled_bounds(item.id);
    region = {region.x - surroundings, region.y - surroundings, region.width + 2 * surroundings,
              region.height + 2 * surroundings};
    return region.intersected(all);
}

PatchSource::PatchSource(std::vector<LabelledImage> images, std::vector<std::string> kinds,
                         Normalisation normalisation, Augmentation augmentation, std::int64_t patch,
                         bool balance, std::size_t least_size)
    : images_(std::move(images))
    , normalisation_(std::move(normalisation))
    , augmentation_(std::move(augmentation))
    , patch_(patch) {
    std::map<std::string, double> of_kind;
    for (const auto& kind : kinds)
        of_kind[kind] += 1;
    double total = 0;
    for (std::size_t i = 0; i < images_.size(); ++i) {
        const auto& image = images_[i];
        const double area = static_cast<double>(image.pixels.width() * image.pixels.height());
        // A large image shows more, but much of the same.
        double share = std::clamp(std::sqrt(area / static_cast<double>(patch * patch)), 1.0, 8.0);
        if (balance && of_kind.size() > 1)
            share *= std::min(3.0, std::sqrt(static_cast<double>(images_.size()) /
                                             (of_kind[kinds[i]] * static_cast<double>(of_kind.size()))));
        total += share;
        cumulative_.push_back(total);

        // Up to a thousand labelled pixels of each class, evenly over the image.
        std::map<std::uint8_t, std::vector<std::uint32_t>> of_class;
        std::map<std::uint8_t, std::size_t> count;
        for (const std::uint8_t c : image.classes)
            ++count[c];
        std::map<std::uint8_t, std::size_t> seen;
        for (std::size_t p = 0; p < image.classes.size(); ++p) {
            const std::uint8_t c = image.classes[p];
            if (c != LabelledImage::unknown && seen[c]++ % std::max<std::size_t>(1, count[c] / 1000) == 0)
                of_class[c].push_back(static_cast<std::uint32_t>(p));
        }
        partial_.push_back(count[LabelledImage::unknown] > 0);
        std::size_t each = SIZE_MAX;
        for (const auto& [c, pixels] : of_class)
            each = std::min(each, pixels.size());
        std::vector<std::uint32_t> pixels;
        for (const auto& [c, of] : of_class)
            for (std::size_t k = 0; k < std::max<std::size_t>(each, 100); ++k)
                pixels.push_back(of[k * 7919 % of.size()]);
        labelled_.push_back(std::move(pixels));
    }
    size_ = std::max(least_size, static_cast<std::size_t>(std::llround(total)));
}

Example PatchSource::draw(std::size_t index, std::uint64_t seed) const {
    Random random(mix_seed(seed, 0x7061746368ULL));
    // An even walk through the images, each as often as its share says.
    const double at =
        (static_cast<double>(index) + random.uniform()) / static_cast<double>(size_) * cumulative_.back();
    const auto i = static_cast<std::size_t>(
        std::min(std::upper_bound(cumulative_.begin(), cumulative_.end(), at) - cumulative_.begin(),
                 static_cast<std::ptrdiff_t>(images_.size()) - 1));
    const LabelledImage& image = images_[i];
    const auto width = static_cast<double>(image.pixels.width()),
               height = static_cast<double>(image.pixels.height());
    const double half = static_cast<double>(patch_) / 2;
    const auto within = [&](double centre, double size) {
        return size <= 2 * half ? size / 2 : std::clamp(centre, half, size - half);
    };
    double x = random.uniform(0, width), y = random.uniform(0, height);
    if (!labelled_[i].empty() && (partial_[i] || random.chance(0.33))) {
        const auto pixel =
            labelled_[i]
                     [static_cast<std::size_t>(random.below(static_cast<std::int64_t>(labelled_[i].size())))];
        x = static_cast<double>(pixel % image.pixels.width()) + random.uniform(-half, half) * 0.7;
        y = static_cast<double>(pixel / image.pixels.width()) + random.uniform(-half, half) * 0.7;
    }
    return augmentation_.draw(image, normalisation_, within(x, width), within(y, height), patch_, patch_,
                              random.bits());
}

FixedSource::FixedSource(std::vector<LabelledImage> images, Normalisation normalisation,
                         std::int64_t multiple)
    : images_(std::move(images)), normalisation_(std::move(normalisation)), multiple_(multiple) {}

Example FixedSource::draw(std::size_t index, std::uint64_t) const {
    const LabelledImage& image = images_.at(index);
    const auto even = [&](std::int64_t size) { return (size + multiple_ - 1) / multiple_ * multiple_; };
    const std::int64_t width = even(std::min(limit, image.pixels.width()));
    const std::int64_t height = even(std::min(limit, image.pixels.height()));
    // Padding goes to the right and below, as in prediction.
    const double x = image.pixels.width() <= limit
                         ? static_cast<double>(width) / 2
                         : std::floor(static_cast<double>(image.pixels.width()) / 2);
    const double y = image.pixels.height() <= limit
                         ? static_cast<double>(height) / 2
                         : std::floor(static_cast<double>(image.pixels.height()) / 2);
    Example example = Augmentation::none().draw(image, normalisation_, x, y, height, width, 0);
    // What is mirrored does not count.
    if (image.pixels.width() <= limit)
        example.weight.narrow(1, image.pixels.width(), width - image.pixels.width()).zero_();
    if (image.pixels.height() <= limit)
        example.weight.narrow(0, image.pixels.height(), height - image.pixels.height()).zero_();
    return example;
}

} // namespace eyepiece::vision
