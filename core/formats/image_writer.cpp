// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/image_writer.h"
#include "core/formats/file_errors.h"
#include "core/formats/png_file.h"
#include "core/formats/tiff_writer.h"

#include <algorithm>
#include <cctype>

namespace eyepiece {
namespace {

bool wants_png(const std::filesystem::path& path) {
    std::string extension = path.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (extension == ".png")
        return true;
    if (extension == ".tif" || extension == ".tiff")
        return false;
    throw file_error(ErrorCode::BadInput, path, "names no image format: end it in .png or .tif.");
}

} // namespace

void write_image(const std::filesystem::path& path, const Image& image, bool rgb,
                 const PixelSize& pixel_size) {
    if (wants_png(path)) {
        write_png(path, image, pixel_size);
        return;
    }
    TiffOptions options;
    options.rgb = rgb && image.channels() == 3;
    options.pixel_size = pixel_size;
    if (std::max(image.width(), image.height()) <= 2048)
        options.tile = 0; // small images in strips, which every reader knows
    TiffWriter writer(path, image.type(), image.channels(), image.height(), image.width(), options);
    writer.write_rows(image);
    writer.finish();
}

void write_label_image(const std::filesystem::path& path, const LabelMap& labels,
                       const PixelSize& pixel_size) {
    const bool wide = labels.largest_id() > 65535;
    if (wide && wants_png(path))
        throw file_error(ErrorCode::Unsupported, path,
                         "cannot hold object ids above 65535, which a PNG has no room for. Write a TIFF.");
    Image image =
        Image::create(wide ? PixelType::UInt32 : PixelType::UInt16, 1, labels.height(), labels.width());
    if (wide)
        std::copy(labels.ids().begin(), labels.ids().end(),
                  image.writable_plane_as<std::uint32_t>(0).begin());
    else
        std::transform(labels.ids().begin(), labels.ids().end(),
                       image.writable_plane_as<std::uint16_t>(0).begin(),
                       [](ObjectId id) { return static_cast<std::uint16_t>(id); });
    write_image(path, image, false, pixel_size);
}

} // namespace eyepiece
