// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/base/job.h"
#include "core/data/label_map.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eyepiece {

struct ExportedObject {
    ObjectId id = 0;
    std::string class_name;
    double score = -1; // < 0: none
};

struct ExportedClass {
    ClassId id = 0;
    std::string name;
    std::array<std::uint8_t, 3> color{};
};

// One image on its way out.
struct ExportedImage {
    std::string name;           // as shown
    std::string stem;           // of the files that are about it: no two images share one
    std::filesystem::path path; // of the image itself
    int channels = 1;           // of the image
    bool complete = false;      // pixels without an object are background
    LabelMap labels;
    std::vector<ExportedObject> objects = {}; // in order of id; some may have no pixels
};

// Writes labels in one format, image after image, so that a large project needs little memory. Not
// thread-safe.
class EYEPIECE_EXPORT LabelFileWriter {
public:
    virtual ~LabelFileWriter();
    // Throws Error(Unsupported) for an image that the format cannot hold, which is then left out,
    // Error(Storage) and Error(Cancelled).
    virtual void add(const ExportedImage& image, JobContext& job) = 0;
    virtual void finish() {}                                                   // throws Error(Storage)
    const std::vector<std::filesystem::path>& files() const { return files_; } // that were written

protected:
    std::vector<std::filesystem::path> files_;
};

// What a format cannot say, counted over all images.
class EYEPIECE_EXPORT LabelLosses {
public:
    // "holes", "they are filled"
    void objects(std::int64_t count, std::string_view what, std::string_view outcome);
    void images(std::int64_t count, std::string_view what, std::string_view outcome);
    // "2 objects have holes, which labelme cannot say: they are filled."
    std::vector<std::string> sentences(std::string_view format) const;

private:
    struct Loss {
        bool of_images;
        std::string_view what, outcome; // literals
        std::int64_t count;
    };
    void add(const Loss& loss);
    std::vector<Loss> losses_;
};

// A format that labels are written in, and what it can say of them.
struct LabelWriterFormat {
    std::string_view name, title, help;
    std::string_view suggested; // name of the file or folder
    bool one_file;              // else a folder of files
    bool classes, scores;       // whether it says these of an object
    // Counts what else is lost of an image. Null: every pixel of every object comes back.
    void (*losses)(const ExportedImage& image, LabelLosses& losses);
    std::unique_ptr<LabelFileWriter> (*open)(const std::filesystem::path& place,
                                             const std::vector<ExportedClass>& classes);
};
// Adding one means one file beside label_writers.cpp and one line in it.
EYEPIECE_EXPORT std::span<const LabelWriterFormat> label_writer_formats();

} // namespace eyepiece
