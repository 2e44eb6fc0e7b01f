// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/sample_folder.h"
#include "core/data/sample_nuclei.h"
#include "core/formats/csv_file.h"
#include "core/formats/file_errors.h"
#include "core/formats/image_writer.h"

#include <array>
#include <cstdio>
#include <fstream>

namespace eyepiece {

void write_sample_folder(const std::filesystem::path& folder, const SampleFolderOptions& options,
                         JobContext& context) {
    if (options.fields < 1 || options.fields > 10'000 || options.fields_per_well < 1)
        throw Error(ErrorCode::BadInput, "A sample needs 1 to 10000 images, and at least one in a well.");
    std::error_code error;
    for (const char* name : {"images", "masks"})
        if (std::filesystem::create_directories(folder / name, error); error)
            throw file_error(ErrorCode::Storage, folder, "cannot be made: " + error.message() + ".");

    // What differs from well to well: density, clumping, brightness, focus, size.
    struct Well {
        double density, clumping, brightness, defocus, radius;
    };
    static constexpr std::array<Well, 4> wells{{
        {1.0, 0.45, 900, 0.8, 11.0},
        {0.6, 0.25, 350, 1.2, 12.0},
        {1.5, 0.75, 1200, 0.7, 9.5},
        {0.9, 0.60, 180, 1.5, 11.0},
    }};
    CsvTable index{{"id", "group", "nuclei", "brightness"}, {}};
    for (int i = 0; i < options.fields; ++i) {
        context.throw_if_cancelled();
        context.progress(static_cast<double>(i) / options.fields, "Making sample images");
        const int number = i / options.fields_per_well;
        const Well& well = wells[static_cast<std::size_t>(number) % wells.size()];
        NucleiOptions nuclei;
        nuclei.width = nuclei.height = options.side;
        const double room = static_cast<double>(options.side * options.side) / (256.0 * 256.0);
        nuclei.nuclei = static_cast<int>(38 * well.density * room);
        nuclei.clumping = well.clumping;
        nuclei.brightness = well.brightness;
        nuclei.defocus = well.defocus;
        nuclei.radius = well.radius;
        nuclei.seed = options.seed * 1'000'003 + static_cast<std::uint64_t>(i);
        const NucleiField field = generate_nuclei(nuclei);
        std::array<char, 32> name{};
        std::snprintf(name.data(), name.size(), "field_%02d", i + 1);
        const std::string stem = name.data();
        write_image(folder / "images" / (stem + ".png"), field.image, false, field.pixel_size);
        write_label_image(folder / "masks" / (stem + ".png"), field.labels, field.pixel_size);
        index.rows.push_back({stem,
                              "well_" + std::string(1, static_cast<char>('A' + number % 26)) +
                                  (number >= 26 ? std::to_string(number / 26) : ""),
                              std::to_string(field.nuclei),
                              std::to_string(static_cast<int>(well.brightness))});
    }
    write_csv(folder / "index.csv", index);
    std::ofstream readme(folder / "README.txt");
    readme << "Sample images made by Eyepiece (seed " << options.seed
           << "): fluorescence-like nuclei, 0.325 um per "
           << "pixel.\nimages/  16-bit PNG\nmasks/   object ids, 0 is background\nindex.csv  the well of "
              "each image: "
              "images of one well look alike, keep them together in a split\n";
    if (!readme.flush())
        throw file_error(ErrorCode::Storage, folder / "README.txt",
                         "could not be written. Is the disk full?");
    context.progress(1, "Making sample images");
}

} // namespace eyepiece
