// SPDX-License-Identifier: GPL-3.0-or-later
// Label images beside their images, and folders of one mask for each object.
#include "core/base/natural_order.h"
#include "core/data/components.h"
#include "core/formats/file_errors.h"
#include "core/formats/image_reader.h"
#include "core/formats/image_writer.h"
#include "core/formats/label_files.h"
#include "core/formats/label_format_list.h"
#include "core/formats/label_painting.h"
#include "core/formats/label_writing.h"
#include "core/formats/object_list.h"
#include "core/formats/outline_labels.h"
#include "core/formats/png_file.h"

#include <algorithm>
#include <map>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

// Its exported form: masks/ alone, whose classes the list beside it says.
bool is_listed_mask_folder(const fs::path& folder) {
    return is_folder(folder / "masks") && !is_folder(folder / "images") &&
           has_object_list(folder.parent_path());
}

// images/ with one image and masks/ with anything: one item of Kaggle's layout.
bool is_mask_folder(const fs::path& folder) {
    const fs::path images = folder / "images", masks = folder / "masks";
    if (!is_folder(images) || !is_folder(masks))
        return false;
    const auto pictures = images_in(images), objects = images_in(masks);
    // One image with one mask of its own name is the other layout with a single image.
    return pictures.size() == 1 && !(objects.size() == 1 && objects[0].stem() == pictures[0].stem());
}

class LabelImageSource final : public LabelSource {
public:
    // Where nothing says which files are labels, `assume` takes all of them for labels.
    LabelImageSource(const fs::path& path, LabelOptions options, bool assume = true)
        : options_(std::move(options)) {
        if (!is_folder(path)) {
            add(path, ImageNames(candidates_for(path.parent_path())));
        } else {
            collect(path, 3);
            if (entries_.empty() && assume) {
                const ImageNames images(candidates_for(path));
                for (const fs::path& file : images_in(path))
                    add(file, images);
            }
        }
        std::stable_sort(entries_.begin(), entries_.end(),
                         [](const auto& a, const auto& b) { return natural_less(a.key, b.key); });
        for (const LabelEntry& entry : entries_)
            if (const fs::path folder = entry.file.parent_path(); !lists_.contains(folder)) {
                ObjectList& list = lists_[folder];
                try {
                    list = ObjectList::read(folder);
                } catch (const Error& error) {
                    problems_.push_back({folder / object_list_name, error.what()});
                }
            }
    }
    std::string_view format() const override { return "masks"; }
    ImportedLabels read(std::size_t entry) const override {
        const fs::path& file = entries_.at(entry).file;
        const auto list = lists_.find(file.parent_path());
        const auto* listed =
            list == lists_.end() ? nullptr : list->second.classes_of(file.filename().string());
        return listed ? read_listed_objects(file, *listed, options_) : read_label_image(file, options_);
    }

private:
    void add(const fs::path& file, const ImageNames& images) {
        entries_.push_back({label_key(file), images.find(file), file});
        if (!entries_.back().image.empty())
            entries_.back().key = entries_.back().image.stem().string();
    }

    void collect(const fs::path& folder, int depth) {
        const fs::path labels = subfolder(folder, true);
        if (!labels.empty()) {
            fs::path pictures = subfolder(folder, false);
            const ImageNames images(images_in(pictures.empty() ? folder : pictures));
            for (const fs::path& file : images_in(labels))
                add(file, images);
        } else if (is_label_folder_name(fs::absolute(folder).lexically_normal().filename().string())) {
            const ImageNames images(candidates_for(folder));
            for (const fs::path& file : images_in(folder))
                add(file, images);
            return;
        } else { // cell_1.png and cell_1_mask.png side by side
            const auto files = images_in(folder);
            if (std::any_of(files.begin(), files.end(), named_like_a_label)) {
                const ImageNames images(files);
                for (const fs::path& file : files)
                    if (named_like_a_label(file) && !images.find(file).empty())
                        add(file, images);
            }
        }
        if (depth > 0) // train/images, train/masks, test/...
            for (const fs::path& entry : folders_in(folder))
                if (entry != labels && !is_image_folder_name(entry.filename().string()))
                    collect(entry, depth - 1);
    }

    LabelOptions options_;
    std::map<fs::path, ObjectList> lists_; // of each folder
};

class MaskFolderSource final : public LabelSource {
public:
    MaskFolderSource(const fs::path& path, LabelOptions options) : options_(std::move(options)) {
        std::vector<fs::path> folders;
        const bool one = is_mask_folder(path) || is_listed_mask_folder(path);
        const fs::path root = one ? path.parent_path() : path;
        try {
            list_ = ObjectList::read(root);
        } catch (const Error& error) {
            problems_.push_back({root / object_list_name, error.what()});
        }
        for (const fs::path& entry : one ? std::vector{path} : folders_in(path)) {
            if (is_mask_folder(entry)) {
                const fs::path image = images_in(entry / "images").front();
                entries_.push_back({image.stem().string(), image, entry / "masks"});
            } else if (is_folder(entry / "images") && is_folder(entry / "masks")) {
                problems_.push_back({entry, "Its images folder should hold one image."});
            } else if (is_listed_mask_folder(entry)) {
                entries_.push_back({entry.filename().string(), {}, entry / "masks"});
            }
        }
    }
    std::string_view format() const override { return "object-masks"; }

    ImportedLabels read(std::size_t entry) const override {
        const LabelEntry& item = entries_.at(entry);
        const auto [height, width] = size_of_image(item);
        const auto* classes = list_.classes_of(item.file.parent_path().filename().string());
        std::vector<PaintedPart> parts;
        std::vector<std::string> problems;
        for (const fs::path& file : images_in(item.file)) {
            try {
                PaintedPart part = cut_to_bounds(read_mask(file, height, width));
                part.object.class_name = class_of(classes, file);
                part.name = std::string("\"").append(file.filename().string()).append("\"");
                parts.push_back(std::move(part));
            } catch (const Error& error) {
                problems.emplace_back(error.what());
            }
        }
        ImportedLabels labels = paint_parts(height, width, std::move(parts));
        labels.problems.insert(labels.problems.begin(), problems.begin(), problems.end());
        return labels;
    }

private:
    static Mask read_mask(const fs::path& file, std::int64_t height, std::int64_t width) {
        const Image pixels = read_label_pixels(file);
        if (pixels.width() != width || pixels.height() != height)
            throw file_error(ErrorCode::BadInput, file,
                             "is " + std::to_string(pixels.width()) + " x " +
                                 std::to_string(pixels.height()) + " px and its image " +
                                 std::to_string(width) + " x " + std::to_string(height) + ".");
        Mask mask(height, width);
        for (int channel = 0; channel < pixels.channels(); ++channel)
            with_pixel_type(pixels.type(), [&](auto sample) {
                const auto plane = pixels.plane_as<decltype(sample)>(channel);
                for (std::size_t i = 0; i < plane.size(); ++i)
                    mask.pixels[i] |= plane[i] != 0;
            });
        return mask;
    }

    // A listed mask is named after its object: "000012.png" is object 12.
    std::string class_of(const ObjectClasses* classes, const fs::path& file) const {
        const std::string stem = file.stem().string();
        if (!classes || stem.empty() || stem.size() > 9 ||
            stem.find_first_not_of("0123456789") != std::string::npos)
            return options_.class_name;
        const auto found = classes->find(static_cast<ObjectId>(std::stoul(stem)));
        return found == classes->end() ? options_.class_name : found->second;
    }

    LabelOptions options_;
    ObjectList list_;
};

class LabelImageWriter final : public LabelFileWriter {
public:
    LabelImageWriter(const fs::path& folder, const std::vector<ExportedClass>& classes)
        : folder_(folder), list_(classes) {
        make_folder(folder);
    }
    void add(const ExportedImage& image, JobContext&) override {
        const fs::path file = folder_ / (image.stem + (image.labels.largest_id() > 65535 ? ".tif" : ".png"));
        write_label_image(file, image.labels);
        list_.add(file.filename().string(), image);
        files_.push_back(file);
    }
    void finish() override {
        list_.write(folder_);
        files_.push_back(folder_ / object_list_name);
    }

private:
    fs::path folder_;
    ObjectListWriter list_;
};

// STEM/masks/000012.png, 255 where object 12 is.
class MaskFolderWriter final : public LabelFileWriter {
public:
    MaskFolderWriter(const fs::path& folder, const std::vector<ExportedClass>& classes)
        : folder_(folder), list_(classes) {
        make_folder(folder);
    }
    void add(const ExportedImage& image, JobContext& job) override {
        const fs::path masks = folder_ / image.stem / "masks";
        make_folder(masks);
        Image mask = Image::create(PixelType::UInt8, 1, image.labels.height(), image.labels.width());
        const auto pixels = mask.writable_plane_as<std::uint8_t>(0);
        for (const ObjectMeasures& object : measure_objects(image.labels)) {
            job.throw_if_cancelled();
            std::fill(pixels.begin(), pixels.end(), std::uint8_t{0});
            const Region& bounds = object.bounds;
            for (std::int64_t y = bounds.y; y < bounds.bottom(); ++y)
                for (std::int64_t x = bounds.x; x < bounds.right(); ++x)
                    if (image.labels.at(x, y) == object.id)
                        pixels[static_cast<std::size_t>(y * mask.width() + x)] = 255;
            const std::string number = std::to_string(object.id);
            const fs::path file =
                masks / (std::string(number.size() < 6 ? 6 - number.size() : 0, '0') + number + ".png");
            write_png(file, mask);
            files_.push_back(file);
        }
        list_.add(image.stem, image);
    }
    void finish() override {
        list_.write(folder_);
        files_.push_back(folder_ / object_list_name);
    }

private:
    fs::path folder_;
    ObjectListWriter list_;
};

template<class Writer>
std::unique_ptr<LabelFileWriter> open_writer(const fs::path& folder,
                                             const std::vector<ExportedClass>& classes) {
    return std::make_unique<Writer>(folder, classes);
}

bool are_label_images(const fs::path& path) {
    if (!is_folder(path))
        return has_image_extension(path) &&
               (named_like_a_label(path) ||
                is_label_folder_name(fs::absolute(path).parent_path().filename().string()));
    if (is_label_folder_name(fs::absolute(path).lexically_normal().filename().string()) ||
        has_object_list(path))
        return !images_in(path).empty();
    const auto says_so = [](const LabelEntry& entry) {
        return named_like_a_label(entry.file) ||
               is_label_folder_name(entry.file.parent_path().filename().string());
    };
    const LabelImageSource source(path, {}, false);
    if (std::any_of(source.entries().begin(), source.entries().end(), says_so))
        return true;
    const auto files = source.entries().empty() ? images_in(path) : std::vector<fs::path>();
    return std::any_of(files.begin(), files.end(), named_like_a_label);
}

bool are_mask_folders(const fs::path& path) {
    if (!is_folder(path))
        return false;
    if (is_mask_folder(path) || is_listed_mask_folder(path))
        return true;
    int looked_at = 0;
    for (const fs::path& entry : folders_in(path)) {
        if (is_mask_folder(entry) || is_listed_mask_folder(entry))
            return true;
        if (++looked_at == 20)
            break;
    }
    return false;
}

} // namespace

LabelFormat label_image_format() {
    return {"masks", "Label images",
            "One image of object ids or classes for each image, matched by file stem.", are_label_images,
            [](const fs::path& path, const LabelOptions& options) -> std::unique_ptr<LabelSource> {
                return std::make_unique<LabelImageSource>(path, options);
            }};
}

LabelFormat mask_per_object_format() {
    return {"object-masks", "A mask for each object",
            "A folder for each image, with one binary mask for each of its objects.", are_mask_folders,
            [](const fs::path& path, const LabelOptions& options) -> std::unique_ptr<LabelSource> {
                return std::make_unique<MaskFolderSource>(path, options);
            }};
}

LabelWriterFormat label_image_writer() {
    return {"masks",
            "Label images",
            "A 16-bit picture of object numbers for each image, and the classes in a JSON file.",
            "masks",
            false,
            true,
            false,
            nullptr,
            open_writer<LabelImageWriter>};
}

LabelWriterFormat mask_per_object_writer() {
    return {
        "object-masks",
        "A mask for each object",
        "A folder for each image, with a black and white picture of each of its objects, and the classes in "
        "a JSON file.",
        "object-masks",
        false,
        true,
        false,
        nullptr,
        open_writer<MaskFolderWriter>};
}

} // namespace eyepiece
