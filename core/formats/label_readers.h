// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/label_map.h"
#include "core/data/outlines.h"

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eyepiece {

// What the values of a label image mean.
enum class LabelValues {
    Automatic, // of each image: see below
    Objects,   // each value is one object
    Classes    // each value (or colour) is a class; its connected parts are objects
};

struct LabelOptions {
    LabelValues values = LabelValues::Automatic;
    std::string class_name = "object"; // of objects whose file names no class
};

// One labelled image that was found; nothing of it is read yet.
struct LabelEntry {
    std::string key;             // the image's stem, without "_mask" and the like
    std::filesystem::path image; // empty when it was not found; then match items by key
    std::filesystem::path file;  // the label file (or the folder of mask files), for messages
};

struct LabelProblem {
    std::filesystem::path file;
    std::string reason; // one sentence
};

struct ImportedObject {
    ObjectId id = 0; // as in the map
    std::string class_name;
    Polygon outline;    // where the file gave exactly one polygon and nothing lies over it
    double score = -1;  // where the file states one
    bool crowd = false; // COCO's "iscrowd": a region of many that were not told apart
};

struct ImportedLabels {
    LabelMap map; // ids 1..n
    std::vector<ImportedObject>
        objects; // in order of id; one wholly covered by others is left out, and said so
    std::vector<std::string> problems; // parts that were left out, each with its reason
};

// A set of labels on disk. Where objects overlap, the smaller lies on top, so that neither disappears:
// painted by falling area, crowds first of all. Thread-safe: read() may run on several threads.
//
// Automatic meaning of a label image's values: one value beside 0 (0/255, 0/1) is a mask of one class.
// Colours are classes, named "#rrggbb" (black is background). Of several gray values each is an object,
// unless most of them lie in several places, which classes do: those are named "class 1", ... In a palette
// PNG the indices count and 255 is void, as PASCAL VOC has it. Negative values are background. JPEG is
// refused, for it changes values.
class EYEPIECE_EXPORT LabelSource {
public:
    virtual ~LabelSource();
    virtual std::string_view format() const = 0; // the name of its LabelFormat
    const std::vector<LabelEntry>& entries() const { return entries_; }
    const std::vector<LabelProblem>& problems() const { return problems_; } // of listing
    virtual ImportedLabels read(std::size_t entry) const = 0; // throws Error that names the file
    // Says where an entry's image lies, which was not found beside its labels: GeoJSON does not state the
    // image's size. Before read().
    void set_image(std::size_t entry, const std::filesystem::path& image) {
        entries_.at(entry).image = image;
    }

protected:
    std::vector<LabelEntry> entries_; // natural order of keys
    std::vector<LabelProblem> problems_;
};

// A form in which labels lie on disk. Adding one means one file beside label_readers.cpp and one line in it.
struct LabelFormat {
    std::string_view name;  // as on the command line
    std::string_view title; // as in a menu
    std::string_view help;  // one sentence: what is read, and what is left out
    // Whether a file or folder looks like it, from its content where that says so, else from its layout.
    // Throws nothing for what it finds.
    bool (*recognises)(const std::filesystem::path& path);
    // Lists what is there. Throws Error for a file that is not to be read at all.
    std::unique_ptr<LabelSource> (*open)(const std::filesystem::path& path, const LabelOptions& options);
};
EYEPIECE_EXPORT std::span<const LabelFormat> label_formats();
EYEPIECE_EXPORT const LabelFormat& label_format(std::string_view name); // throws Error(BadInput)

// The name of the format that a file or folder looks like; empty when it is none. Never throws for what it
// finds, only Error(NotFound) when there is nothing.
EYEPIECE_EXPORT std::string_view detect_label_format(const std::filesystem::path& path);

// Lists what `path` holds. Format "auto": detected. Throws Error(NotFound or Unsupported) when it is no such
// thing at all; a single broken file only ends in problems() or in read()'s error.
EYEPIECE_EXPORT std::unique_ptr<LabelSource> open_labels(const std::filesystem::path& path,
                                                         std::string_view format = "auto",
                                                         const LabelOptions& options = {});

// The objects of one label image file, as LabelFormat::LabelImages reads them.
EYEPIECE_EXPORT ImportedLabels read_label_image(const std::filesystem::path& path,
                                                const LabelOptions& options = {});

// All images at or below `path`, in natural order, without those that are labels (in a folder named masks,
// labels,
// ..., or named image_mask.png beside image.png). Opens none, but for the mark of DICOM in a file without
// extension. `limit` guards against a whole disk.
EYEPIECE_EXPORT std::vector<std::filesystem::path> find_images(const std::filesystem::path& path,
                                                               std::size_t limit = 2'000'000);

// "img_007_mask" -> "img_007": the stem by which a label file belongs to its image.
EYEPIECE_EXPORT std::string label_key(const std::filesystem::path& file);

} // namespace eyepiece
