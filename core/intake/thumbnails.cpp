// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/intake/thumbnails.h"

#include "core/data/contrast.h"
#include "core/formats/image_reader.h"
#include "core/formats/image_writer.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

// Of a large image through its pyramid, if one is kept.
Image draw(const Item& item, const PyramidFolder& pyramids, std::int64_t limit) {
    std::shared_ptr<ImageSource> source = open_image(item.path);
    if (PyramidFolder::needed(source->info()))
        if (auto quick = pyramids.find(source, item.hash))
            source = std::move(quick);
    // Twice the size wanted, then area-averaged to it: levels halve, the wanted size lies between two.
    const Image sample = read_thumbnail(*source, 2 * limit);
    const ImageInfo& info = source->info();
    const ContrastRenderer renderer(sample.type(), default_contrast(info, sample), info.rgb, ByteOrder::Rgba);
    cv::Mat colors(static_cast<int>(sample.height()), static_cast<int>(sample.width()), CV_8UC4);
    renderer.render(
        sample, {reinterpret_cast<std::uint32_t*>(colors.data), static_cast<std::size_t>(colors.total())});
    const double scale = std::min(1.0, static_cast<double>(limit) /
                                           static_cast<double>(std::max(sample.width(), sample.height())));
    if (scale < 1) {
        cv::Mat small;
        cv::resize(colors, small,
                   {std::max(1, cvRound(colors.cols * scale)), std::max(1, cvRound(colors.rows * scale))}, 0,
                   0, cv::INTER_AREA);
        colors = small;
    }
    return rgb_image({reinterpret_cast<const std::uint32_t*>(colors.data), colors.total()}, colors.rows,
                     colors.cols);
}

} // namespace

ThumbnailFolder::ThumbnailFolder(const fs::path& project_folder)
    : folder_(project_folder / "cache" / "thumbs"), pyramids_(project_folder) {}

Image ThumbnailFolder::get(const Item& item) const {
    if (item.hash.empty())
        return draw(item, pyramids_, longer_side);
    const fs::path file = folder_ / (item.hash + ".png");
    try {
        if (std::error_code problem; fs::exists(file, problem))
            return read_image(file);
    } catch (const Error&) {
        // A damaged picture in the cache is made anew.
    }
    const Image picture = draw(item, pyramids_, longer_side);
    try {
        std::error_code problem;
        fs::create_directories(folder_, problem);
        write_image(file, picture, true); // whole or not at all
    } catch (const Error&) {
        // A read-only or full disk: the picture is shown all the same.
    }
    return picture;
}

} // namespace eyepiece
