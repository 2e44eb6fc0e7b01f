// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/measurement_table.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <unordered_map>

namespace eyepiece {
namespace {

struct Intensity {
    double first = 0, sum = 0, squares = 0, low = 0, high = 0; // about the first value
    std::size_t count = 0;
};

std::vector<Intensity> intensities(const LabelMap& labels, const Image& image, int channel,
                                   const std::unordered_map<ObjectId, std::size_t>& row_of,
                                   std::size_t rows) {
    std::vector<Intensity> result(rows);
    with_pixel_type(image.type(), [&](auto sample) {
        const auto plane = image.plane_as<decltype(sample)>(channel);
        const auto ids = labels.ids();
        ObjectId last = 0;
        Intensity* one = nullptr; // pixels of an object lie beside each other: looked up once a run
        for (std::size_t i = 0; i < ids.size(); ++i) {
            if (ids[i] == 0)
                continue;
            if (ids[i] != last || !one) {
                last = ids[i];
                one = &result[row_of.at(last)];
            }
            const auto value = static_cast<double>(plane[i]);
            if (one->count++ == 0)
                one->first = one->low = one->high = value;
            const double off = value - one->first;
            one->sum += off;
            one->squares += off * off;
            one->low = std::min(one->low, value);
            one->high = std::max(one->high, value);
        }
    });
    return result;
}

} // namespace

Table measurement_table(const LabelMap& labels, const Image* image, const MeasurementOptions& options) {
    const auto objects = measure_objects(labels, image);
    if (objects.empty())
        throw Error(ErrorCode::BadInput, "There is no labelled object to measure.");
    const PixelSize& size = options.pixel_size;
    // Shapes have no unit but one when a pixel is not square: the geometric mean of its sides.
    const bool known = size.x > 0 && size.y > 0;
    const double length = known ? std::sqrt(size.x * size.y) : 1;
    const std::string unit = known ? size.unit : "px";
    Table table;
    const auto add = [&](std::string name, auto value, ColumnRole role = ColumnRole::Feature) {
        std::vector<double> values;
        values.reserve(objects.size());
        for (const ObjectMeasures& object : objects)
            values.push_back(value(object));
        table.add(Column::reals(std::move(name), std::move(values)).with_role(role));
    };
    add("area [" + unit + "²]",
        [&](const auto& object) { return static_cast<double>(object.area) * length * length; });
    add("major axis [" + unit + "]", [&](const auto& object) { return object.major_axis * length; });
    add("minor axis [" + unit + "]", [&](const auto& object) { return object.minor_axis * length; });
    add("eccentricity", [](const auto& object) { return object.eccentricity; });
    add("perimeter [" + unit + "]", [&](const auto& object) { return object.perimeter * length; });
    // 1 for a disc; small objects, whose outline runs through their pixels' centres, would exceed it.
    add("circularity", [](const auto& object) {
        const double outline = object.perimeter * object.perimeter;
        return outline > 0 ? std::min(1.0, 4 * std::numbers::pi * static_cast<double>(object.area) / outline)
                           : 1.0;
    });
    std::unordered_map<ObjectId, std::size_t> row_of;
    for (std::size_t row = 0; row < objects.size(); ++row)
        row_of.emplace(objects[row].id, row);
    for (int channel = 0; image && channel < image->channels(); ++channel) {
        const auto index = static_cast<std::size_t>(channel);
        const std::string name =
            index < options.channel_names.size() ? options.channel_names[index] : std::to_string(channel + 1);
        const auto all = intensities(labels, *image, channel, row_of, objects.size());
        const auto of = [&](const ObjectMeasures& object) -> const Intensity& {
            return all[row_of.at(object.id)];
        };
        add("mean " + name, [&](const auto& object) {
            const Intensity& one = of(object);
            return one.first + one.sum / static_cast<double>(one.count);
        });
        add("sd " + name, [&](const auto& object) {
            const Intensity& one = of(object);
            const auto count = static_cast<double>(one.count);
            return count > 1
                       ? std::sqrt(std::max(0.0, (one.squares - one.sum * one.sum / count) / (count - 1)))
                       : 0.0;
        });
        add("minimum " + name, [&](const auto& object) { return of(object).low; });
        add("maximum " + name, [&](const auto& object) { return of(object).high; });
    }
    add(
        "x [px]", [&](const auto& object) { return object.centroid.x + static_cast<double>(options.left); },
        ColumnRole::Annotation);
    add(
        "y [px]", [&](const auto& object) { return object.centroid.y + static_cast<double>(options.top); },
        ColumnRole::Annotation);
    add(
        "left [px]", [&](const auto& object) { return static_cast<double>(object.bounds.x + options.left); },
        ColumnRole::Annotation);
    add(
        "top [px]", [&](const auto& object) { return static_cast<double>(object.bounds.y + options.top); },
        ColumnRole::Annotation);
    add(
        "width [px]", [](const auto& object) { return static_cast<double>(object.bounds.width); },
        ColumnRole::Annotation);
    add(
        "height [px]", [](const auto& object) { return static_cast<double>(object.bounds.height); },
        ColumnRole::Annotation);
    TextValues ids, classes;
    Column::Missing unnamed(objects.size());
    for (std::size_t row = 0; row < objects.size(); ++row) {
        ids.push_back(std::to_string(objects[row].id));
        const std::size_t index = objects[row].id - 1;
        unnamed[row] = index >= options.object_classes.size();
        classes.push_back(unnamed[row] ? std::string_view()
                                       : std::string_view(options.object_classes[index]));
    }
    if (!options.object_classes.empty())
        table.add(Column::text("class", std::move(classes), std::move(unnamed))
                      .as_categorical()
                      .with_role(ColumnRole::Target));
    table.set_row_names(Column::text("object", std::move(ids)));
    return table;
}

} // namespace eyepiece
