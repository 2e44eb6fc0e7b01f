// SPDX-License-Identifier: GPL-3.0-or-later
// Opening, reading, showing and splitting images: one line a figure, on one thread.
//   bench_images [FOLDER]     FOLDER: images to open one by one (default: none)
#include "core/base/error.h"
#include "core/data/components.h"
#include "core/data/contrast.h"
#include "core/data/sample_nuclei.h"
#include "core/formats/image_reader.h"
#include "core/formats/label_readers.h"
#include "core/formats/tiff_writer.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

using namespace eyepiece;
namespace fs = std::filesystem;

namespace {

template<class F>
double milliseconds(F&& f) {
    const auto start = std::chrono::steady_clock::now();
    f();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

// Median of several runs.
template<class F>
double typical(int runs, F&& f) {
    std::vector<double> times;
    for (int i = 0; i < runs; ++i)
        times.push_back(milliseconds(f));
    std::nth_element(times.begin(), times.begin() + runs / 2, times.end());
    return times[static_cast<std::size_t>(runs / 2)];
}

void report(const std::string& what, double value, const char* unit = "ms") {
    std::printf("%-64s %10.2f %s\n", what.c_str(), value, unit);
    std::fflush(stdout);
}

void show() {
    std::vector<std::uint32_t> out(1920 * 1080);
    for (const PixelType type : {PixelType::UInt8, PixelType::UInt16, PixelType::Float32})
        for (const int channels : {1, 3}) {
            Image image = Image::create(type, channels, 1080, 1920);
            for (int c = 0; c < channels; ++c)
                with_pixel_type(type, [&](auto sample) {
                    using T = decltype(sample);
                    auto plane = image.writable_plane_as<T>(c);
                    for (std::size_t i = 0; i < plane.size(); ++i)
                        plane[i] = static_cast<T>((i * 2654435761u >> 16) % 60'000);
                });
            std::vector<ChannelContrast> contrast(static_cast<std::size_t>(channels),
                                                  {10, 50'000, 1, "magenta", true});
            const ContrastRenderer renderer(type, contrast);
            report("show 1920 x 1080, " + std::string(to_string(type)) + ", " + std::to_string(channels) +
                       " channel(s)",
                   typical(21, [&] { renderer.render(image, out); }));
            if (type == PixelType::UInt16)
                report("  tables for it, gamma 0.7", typical(9, [&] {
                           for (auto& channel : contrast)
                               channel.gamma = 0.7;
                           ContrastRenderer(type, contrast);
                       }));
        }
    Image rgb = Image::create(PixelType::UInt8, 3, 1080, 1920);
    for (int c = 0; c < 3; ++c)
        std::fill(rgb.writable_plane_as<std::uint8_t>(c).begin(),
                  rgb.writable_plane_as<std::uint8_t>(c).end(), std::uint8_t(c));
    ImageInfo info;
    info.rgb = true;
    const ContrastRenderer plain(PixelType::UInt8, default_contrast(info, rgb), true);
    report("show 1920 x 1080, uint8 colour picture as it is", typical(21, [&] { plain.render(rgb, out); }));
}

void large(const fs::path& folder) {
    for (const bool compress : {false, true})
        for (const std::int64_t tile : {256, 0}) {
            const std::string name = std::string(compress ? "deflate" : "uncompressed") +
                                     (tile ? " tiles" : " strips") + ", 10,000 x 10,000 uint16: ";
            const fs::path path = folder / "large.tif";
            report(name + "write", milliseconds([&] {
                       TiffOptions options;
                       options.tile = tile;
                       options.compress = compress;
                       TiffWriter writer(path, PixelType::UInt16, 1, 10'000, 10'000, options);
                       NucleiOptions nuclei;
                       nuclei.width = 2500, nuclei.height = 250, nuclei.nuclei = 300;
                       const Image strip = generate_nuclei(nuclei).image;
                       Image band = Image::create(PixelType::UInt16, 1, 250, 10'000);
                       for (std::int64_t y = 0; y < 250; ++y)
                           for (int i = 0; i < 4; ++i)
                               std::copy_n(strip.plane_as<std::uint16_t>(0).begin() + y * 2500, 2500,
                                           band.writable_plane_as<std::uint16_t>(0).begin() + y * 10'000 +
                                               i * 2500);
                       for (int i = 0; i < 40; ++i)
                           writer.write_rows(band);
                       writer.finish();
                   }));
            std::unique_ptr<ImageSource> source;
            report(name + "open", milliseconds([&] { source = open_image(path); }));
            std::int64_t step = 0;
            report(name + "1920 x 1080 anywhere", typical(15, [&] {
                       ++step;
                       source->read({step * 1571 % 8000, step * 977 % 8900, 1920, 1080});
                   }));
            report(name + "pan by 32 px", typical(31, [&] {
                       ++step;
                       source->read({step * 32 % 8000, 4000, 1920, 1080});
                   }));
            report(name + "whole, first time", milliseconds([&] { source->read({0, 0, 1250, 1250}, 3); }));
            report(name + "whole, again", typical(9, [&] { source->read({0, 0, 1250, 1250}, 3); }));
        }
    fs::remove(folder / "large.tif");
}

void objects() {
    NucleiOptions options;
    options.width = options.height = 2048;
    options.nuclei = 2200;
    NucleiField field;
    report("make a sample field, 2048 x 2048, 2,200 nuclei",
           milliseconds([&] { field = generate_nuclei(options); }));
    const Mask mask = foreground(field.labels);
    report("connected components, 2048 x 2048", typical(5, [&] { connected_components(mask); }));
    LabelMap split;
    report("watershed split, 2048 x 2048", typical(5, [&] { split = watershed_split(mask); }));
    report("  objects found, of " + std::to_string(field.nuclei), split.largest_id(), "");
    report("Otsu, 2048 x 2048 uint16", typical(5, [&] { otsu_segmentation(field.image, false); }));
    report("measure all objects", typical(5, [&] { measure_objects(field.labels, &field.image); }));
}

void folder_of_images(const fs::path& folder) {
    std::vector<fs::path> images;
    report("list " + folder.filename().string(), milliseconds([&] { images = find_images(folder); }));
    std::vector<double> probes, reads;
    for (const fs::path& path : images)
        try {
            probes.push_back(milliseconds([&] { probe_image(path); }));
            reads.push_back(milliseconds([&] { read_image(path); }));
        } catch (const Error& error) {
            std::printf("  %s\n", error.what());
        }
    std::sort(probes.begin(), probes.end());
    std::sort(reads.begin(), reads.end());
    if (probes.empty() || reads.empty())
        return;
    report("  read the header, median of " + std::to_string(images.size()), probes[probes.size() / 2]);
    report("  read the image, median", reads[reads.size() / 2]);
    report("  read the image, slowest", reads.back());
}

} // namespace

int main(int argc, char** argv) {
    try {
        const fs::path folder =
            fs::temp_directory_path() / ("eyepiece-bench-" + std::to_string(::time(nullptr)));
        fs::create_directories(folder);
        show();
        objects();
        large(folder);
        fs::remove_all(folder);
        for (int i = 1; i < argc; ++i)
            folder_of_images(argv[i]);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
