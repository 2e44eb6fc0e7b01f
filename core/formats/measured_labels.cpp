// SPDX-License-Identifier: GPL-3.0-or-later
// A label image as a table of its objects: not taken for one unless asked (format "measurements").
#include "core/data/measurement_table.h"
#include "core/formats/file_errors.h"
#include "core/formats/image_reader.h"
#include "core/formats/label_readers.h"
#include "core/formats/table_formats.h"

#include <algorithm>

namespace eyepiece {
namespace {

class MeasuredLabels final : public TableReader {
public:
    std::vector<std::string> extensions() const override { return {".png", ".tif", ".tiff"}; }
    bool recognises(const std::filesystem::path&, const std::string&) const override { return false; }

    OpenedTable read(const std::filesystem::path& path, const Json& set, const TableOptions&,
                     JobContext& context) const override {
        const ImportedLabels labels = read_label_image(path);
        context.progress(0.3, "Measuring the objects");
        MeasurementOptions options;
        bool named = false;
        for (const ImportedObject& object : labels.objects) {
            options.object_classes.resize(std::max<std::size_t>(options.object_classes.size(), object.id));
            options.object_classes[object.id - 1] = object.class_name;
            named = named || object.class_name != labels.objects.front().class_name;
        }
        if (!named) // one class says nothing
            options.object_classes.clear();
        Image image;
        if (!set["image"].is_null()) {
            const std::filesystem::path picture = set["image"].get<std::string>();
            const ImageInfo info = probe_image(picture);
            image = read_image(picture);
            options.channel_names = info.channel_names;
            options.pixel_size = info.pixel_size;
            if (info.rgb)
                options.channel_names = {"red", "green", "blue"};
            if (image.width() != labels.map.width() || image.height() != labels.map.height())
                throw file_error(ErrorCode::BadInput, path,
                                 "is " + std::to_string(labels.map.width()) + " x " +
                                     std::to_string(labels.map.height()) + " px, but \"" +
                                     picture.filename().string() +
                                     "\" is not: give the image that belongs to it.");
        }
        if (labels.objects.empty())
            throw file_error(ErrorCode::BadInput, path, "has no labelled object to measure.");
        OpenedTable opened;
        opened.table = measurement_table(labels.map, image.empty() ? nullptr : &image, options);
        opened.type = "table";
        opened.warnings = labels.problems;
        return opened;
    }
};

} // namespace

void register_measurement_reader(TableReaderRegistry& readers) {
    readers.add(
        {.name = "measurements",
         .title = "Measurements of a label image",
         .help = "A row for each labelled object: its shape and, with the image, its intensities.",
         .parameters = {path_parameter("image", nullptr, "Image",
                                       "The image that was labelled; without it only shapes are measured.")},
         .make = [] { return std::make_unique<MeasuredLabels>(); }});
}

} // namespace eyepiece
