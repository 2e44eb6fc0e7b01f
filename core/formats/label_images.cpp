// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/components.h"
#include "core/formats/file_errors.h"
#include "core/formats/image_reader.h"
#include "core/formats/label_painting.h"
#include "core/formats/png_file.h"
#include "core/formats/tiff_source.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <unordered_map>

namespace eyepiece {
namespace {

constexpr std::size_t most_classes = 256;

std::string color_name(std::uint32_t color) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string name = "#";
    for (int shift = 20; shift >= 0; shift -= 4)
        name += digits[color >> shift & 15];
    return name;
}

// One number a pixel; 0 is background. `colors`: the numbers are packed RGB.
struct Values {
    LabelMap map;
    bool colors = false;
};

Values values_of(const std::filesystem::path& path) {
    bool palette = false;
    const Image image = read_label_pixels(path, &palette);
    Values values{LabelMap(image.height(), image.width()), false};
    auto out = values.map.ids();
    if (image.channels() == 1) {
        with_pixel_type(image.type(), [&](auto sample) {
            using T = decltype(sample);
            const auto plane = image.plane_as<T>(0);
            for (std::size_t i = 0; i < out.size(); ++i) {
                const auto value = static_cast<double>(plane[i]);
                if (!std::isfinite(value) || value != std::floor(value) || value > 4294967295.0)
                    throw file_error(ErrorCode::BadInput, path,
                                     "is no label image: its values are not whole numbers.");
                out[i] = value < 0 ? 0 : static_cast<ObjectId>(value);
            }
        });
        if (palette) // PASCAL VOC's void border
            std::replace(out.begin(), out.end(), ObjectId{255}, ObjectId{0});
        return values;
    }
    if (image.channels() != 3 || image.type() != PixelType::UInt8)
        throw file_error(ErrorCode::Unsupported, path,
                         "is no label image: it has " + std::to_string(image.channels()) +
                             " channels of type " + std::string(to_string(image.type())) + ".");
    const auto red = image.plane_as<std::uint8_t>(0), green = image.plane_as<std::uint8_t>(1),
               blue = image.plane_as<std::uint8_t>(2);
    bool gray = true;
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = ObjectId{red[i]} << 16 | ObjectId{green[i]} << 8 | blue[i];
        gray = gray && red[i] == green[i] && green[i] == blue[i];
    }
    values.colors = !gray;
    if (gray)
        for (ObjectId& value : out)
            value &= 255;
    return values;
}

std::map<ObjectId, std::int64_t> counts_of(const LabelMap& map) {
    std::unordered_map<ObjectId, std::int64_t> counts;
    const auto ids = map.ids();
    for (std::size_t i = 0; i < ids.size();) {
        std::size_t end = i + 1;
        while (end < ids.size() && ids[end] == ids[i])
            ++end;
        counts[ids[i]] += static_cast<std::int64_t>(end - i);
        i = end;
    }
    counts.erase(0);
    return {counts.begin(), counts.end()};
}

ImportedLabels as_objects(const Values& values, const LabelOptions& options,
                          const ObjectClasses& classes = {}) {
    ImportedLabels labels;
    std::vector<ObjectId> old;
    // By value, so that the file's numbers 1..n stay what they are.
    const auto counts = counts_of(values.map);
    std::unordered_map<ObjectId, ObjectId> fresh;
    for (const auto& [value, count] : counts)
        fresh.emplace(value, static_cast<ObjectId>(fresh.size() + 1));
    labels.map = values.map;
    for (ObjectId& id : labels.map.ids())
        if (id)
            id = fresh[id];
    for (const auto& [value, count] : counts) {
        const auto named = classes.find(value);
        labels.objects.push_back(
            {fresh[value], named == classes.end() ? options.class_name : named->second, {}, -1, false});
    }
    return labels;
}

ImportedLabels as_classes(const Values& values, const LabelOptions& options, bool one_class) {
    ImportedLabels labels;
    std::vector<ObjectId> origin;
    labels.map = split_parts(values.map, Connectivity::Eight, &origin);
    for (std::size_t i = 0; i < origin.size(); ++i)
        labels.objects.push_back({static_cast<ObjectId>(i + 1),
                                  one_class       ? options.class_name
                                  : values.colors ? color_name(origin[i])
                                                  : "class " + std::to_string(origin[i]),
                                  {},
                                  -1,
                                  false});
    return labels;
}

} // namespace

Image read_label_pixels(const std::filesystem::path& path, bool* palette) {
    const ImageInfo info = probe_image(path);
    if (info.format == "JPEG")
        throw file_error(ErrorCode::Unsupported, path,
                         "is a JPEG, whose compression changes label values. Save labels as PNG or TIFF.");
    if (info.depth * info.frames > 1)
        throw file_error(ErrorCode::Unsupported, path,
                         "holds " + std::to_string(info.depth * info.frames) +
                             " planes; a label image has one. Split it into one file a plane.");
    if (info.width * info.height > (std::int64_t{1} << 31))
        throw file_error(ErrorCode::Unsupported, path, "is too large to be imported as one label image.");
    if (info.format == "PNG") {
        Image image = read_png(path, PngSamples::Raw);
        if (palette)
            *palette = image.channels() == 1 && info.channels == 3;
        return image;
    }
    TiffSource source(path, true);
    return source.read({0, 0, source.info().width, source.info().height}, 0, 0, 0);
}

namespace {

ImportedLabels labels_of(const Values& values, const LabelOptions& options,
                         const std::filesystem::path& path) {
    const auto counts = counts_of(values.map);
    const bool one_value = counts.size() == 1;
    if (options.values == LabelValues::Objects)
        return as_objects(values, options);
    if (values.colors || options.values == LabelValues::Classes) {
        if (counts.size() > most_classes)
            throw file_error(ErrorCode::BadInput, path,
                             "has " + std::to_string(counts.size()) +
                                 " different values, too many to be classes. Is it a photograph, or saved "
                                 "with smoothing?");
        return as_classes(values, options, one_value && !values.colors);
    }
    if (one_value)
        return as_classes(values, options, true);
    // Objects lie mostly in one piece, classes in many.
    if (counts.size() <= most_classes) {
        std::vector<ObjectId> origin;
        split_parts(values.map, Connectivity::Eight, &origin);
        std::unordered_map<ObjectId, int> parts;
        for (const ObjectId value : origin)
            ++parts[value];
        const auto whole =
            std::count_if(parts.begin(), parts.end(), [](const auto& p) { return p.second <= 2; });
        if (static_cast<double>(whole) < 0.5 * static_cast<double>(parts.size()))
            return as_classes(values, options, false);
    }
    return as_objects(values, options);
}

} // namespace

ImportedLabels read_label_image(const std::filesystem::path& path, const LabelOptions& options) {
    return labels_of(values_of(path), options, path);
}

ImportedLabels read_listed_objects(const std::filesystem::path& path, const ObjectClasses& classes,
                                   const LabelOptions& options) {
    return as_objects(values_of(path), options, classes);
}

ImportedLabels labels_of_values(LabelMap map, const ObjectClasses* classes, const LabelOptions& options,
                                const std::filesystem::path& path) {
    const Values values{std::move(map), false};
    return classes ? as_objects(values, options, *classes) : labels_of(values, options, path);
}

PaintedPart cut_to_bounds(const Mask& mask) {
    std::int64_t left = mask.width, right = -1, top = -1, bottom = -1;
    for (std::int64_t y = 0; y < mask.height; ++y)
        for (std::int64_t x = 0; x < mask.width; ++x)
            if (mask.at(x, y)) {
                left = std::min(left, x);
                right = std::max(right, x);
                top = top < 0 ? y : top;
                bottom = y;
            }
    PaintedPart part;
    if (right < 0)
        return part;
    part.where = {left, top, right - left + 1, bottom - top + 1};
    part.mask = Mask(part.where.height, part.where.width);
    for (std::int64_t y = top; y <= bottom; ++y)
        for (std::int64_t x = left; x <= right; ++x)
            part.mask.set(x - left, y - top, mask.at(x, y));
    return part;
}

ImportedLabels paint_parts(std::int64_t height, std::int64_t width, std::vector<PaintedPart> parts) {
    ImportedLabels labels;
    labels.map = LabelMap(height, width);
    std::vector<std::int64_t> areas;
    for (const auto& part : parts)
        areas.push_back(std::accumulate(part.mask.pixels.begin(), part.mask.pixels.end(), std::int64_t{0}));
    std::vector<std::size_t> order(parts.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::pair(!parts[a].object.crowd, -areas[a]) < std::pair(!parts[b].object.crowd, -areas[b]);
    });
    for (const std::size_t i : order) {
        const PaintedPart& part = parts[i];
        const Region inside = part.where.intersected({0, 0, width, height});
        for (std::int64_t y = inside.y; y < inside.bottom(); ++y)
            for (std::int64_t x = inside.x; x < inside.right(); ++x)
                if (part.mask.at(x - part.where.x, y - part.where.y))
                    labels.map.set(x, y, static_cast<ObjectId>(i + 1));
    }
    std::vector<std::int64_t> visible(parts.size() + 1, 0);
    for (const ObjectId id : labels.map.ids())
        ++visible[id];
    std::vector<ObjectId> fresh(parts.size() + 1, 0);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (!visible[i + 1]) {
            labels.problems.push_back(
                parts[i].name +
                (areas[i] ? " lies wholly under other objects or outside of the image." : " has no pixels."));
            continue;
        }
        fresh[i + 1] = static_cast<ObjectId>(labels.objects.size() + 1);
        ImportedObject object = std::move(parts[i].object);
        object.id = fresh[i + 1];
        if (visible[i + 1] != areas[i])
            object.outline.clear();
        labels.objects.push_back(std::move(object));
    }
    for (ObjectId& id : labels.map.ids())
        id = fresh[id];
    return labels;
}

} // namespace eyepiece
