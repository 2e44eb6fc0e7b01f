// SPDX-License-Identifier: GPL-3.0-or-later
// ImageJ's regions for an image: one in IMAGE.roi, or the ROI manager's set of them in IMAGE_RoiSet.zip.
#include "core/formats/byte_source.h"
#include "core/formats/file_errors.h"
#include "core/formats/imagej_roi.h"
#include "core/formats/label_files.h"
#include "core/formats/label_format_list.h"
#include "core/formats/label_painting.h"
#include "core/formats/label_writing.h"
#include "core/formats/outline_labels.h"
#include "core/formats/zip_archive.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <utility>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

constexpr zip_uint64_t largest_roi = 256u << 20;

struct RoiFile {
    std::string name; // of the entry, without ending
    std::string bytes;
};

std::string read_entry(zip_t* archive, zip_uint64_t index, const fs::path& path) {
    zip_stat_t status;
    zip_stat_init(&status);
    if (zip_stat_index(archive, index, 0, &status) != 0 || !(status.valid & ZIP_STAT_SIZE) ||
        status.size > largest_roi)
        throw file_error(ErrorCode::BadInput, path, "holds a region of a size that cannot be.");
    std::string bytes(status.size, '\0');
    const std::unique_ptr<zip_file_t, CloseZip> entry(zip_fopen_index(archive, index, 0));
    if (!entry ||
        zip_fread(entry.get(), bytes.data(), bytes.size()) != static_cast<zip_int64_t>(bytes.size()))
        throw file_error(ErrorCode::BadInput, path, "is damaged: a region in it cannot be unpacked.");
    return bytes;
}

bool is_roi_name(const char* name) {
    return name && lower(name).ends_with(".roi");
}

std::vector<RoiFile> read_rois(const fs::path& path) {
    std::vector<RoiFile> rois;
    if (lower(path.extension().string()) != ".zip") {
        const auto size = readable_size(path);
        if (size > largest_roi)
            throw file_error(ErrorCode::BadInput, path, "is too large to be a region.");
        std::string bytes(size, '\0');
        open_bytes(path)->read_all(bytes, "the region");
        rois.push_back({path.stem().string(), std::move(bytes)});
        return rois;
    }
    const ZipArchive archive = open_zip(path);
    const auto count = static_cast<zip_uint64_t>(zip_get_num_entries(archive.get(), 0));
    for (zip_uint64_t i = 0; i < count; ++i)
        if (const char* name = zip_get_name(archive.get(), i, 0); is_roi_name(name))
            rois.push_back({fs::path(name).stem().string(), read_entry(archive.get(), i, path)});
    return rois;
}

// People number the regions of a class: "nucleus 12" and "nucleus-3" are nuclei. ImageJ's own names
// ("0012-0345", "0012-0345-1") say nothing.
std::string class_of_name(const std::string& name, const std::string& otherwise) {
    const auto end = name.find_last_not_of("0123456789 _-.#");
    if (end == std::string::npos)
        return otherwise;
    return name.substr(0, end + 1);
}

class RoiSource final : public LabelSource {
public:
    RoiSource(std::vector<LabelEntry> entries, LabelOptions options) : options_(std::move(options)) {
        entries_ = std::move(entries);
        for (LabelEntry& entry : entries_)
            // As the ROI manager names it when it is not told otherwise.
            if (entry.image.empty() && lower(entry.file.stem().string()) == "roiset")
                if (const auto images = images_in(entry.file.parent_path()); images.size() == 1) {
                    entry.image = images.front();
                    entry.key = entry.image.stem().string();
                }
    }
    std::string_view format() const override { return "imagej"; }

    ImportedLabels read(std::size_t entry) const override {
        const LabelEntry& item = entries_.at(entry);
        const auto [height, width] = size_of_image(item);
        LeftOut left_out;
        std::vector<PaintedPart> parts;
        for (const RoiFile& file : read_rois(item.file)) {
            const std::string shown = "Region \"" + file.name + "\"";
            try {
                const ImageJRoi roi = decode_imagej_roi(
                    {reinterpret_cast<const unsigned char*>(file.bytes.data()), file.bytes.size()});
                if (roi.slice > 1)
                    throw Error(ErrorCode::Unsupported,
                                "lies on a further plane of a stack, and labels are of the first");
                parts.push_back(part_of(roi, height, width));
                parts.back().name = shown;
                parts.back().object.class_name =
                    !roi.class_name.empty()
                        ? roi.class_name
                        : class_of_name(roi.name.empty() ? file.name : roi.name, options_.class_name);
                if (roi.spline)
                    left_out.add(shown, "is a fitted curve, whose points were joined by straight lines");
            } catch (const Error& error) {
                left_out.add(shown, error.what());
            }
        }
        ImportedLabels labels = paint_parts(height, width, std::move(parts));
        left_out.tell(labels.problems);
        return labels;
    }

private:
    static PaintedPart part_of(const ImageJRoi& roi, std::int64_t height, std::int64_t width) {
        if (!roi.oval)
            return painted_shapes(std::vector<RingSet>{roi.rings}, height, width);
        PaintedPart part;
        part.where = bounds_of(outline_of(*roi.oval)).intersected({0, 0, width, height});
        part.mask = part.where.empty() ? Mask() : rasterize_ellipse(*roi.oval, part.where);
        return part;
    }

    LabelOptions options_;
};

// What begins as a region does, whatever its name.
bool looks_like_rois(const fs::path& file) {
    try {
        if (lower(file.extension().string()) != ".zip")
            return read_head(file, 4) == "Iout";
        const ZipArchive archive = open_zip(file);
        const auto count = std::min<zip_int64_t>(zip_get_num_entries(archive.get(), 0), 20);
        for (zip_int64_t i = 0; i < count; ++i)
            if (is_roi_name(zip_get_name(archive.get(), static_cast<zip_uint64_t>(i), 0)))
                return true;
    } catch (const Error&) { // whoever reads it says why
    }
    return false;
}

// Not another program's archive; one that is empty or damaged says so when it is read.
bool may_be_rois(const fs::path& file) {
    if (lower(file.extension().string()) == ".roi" || looks_like_rois(file))
        return true;
    try {
        const ZipArchive archive = open_zip(file);
        return zip_get_num_entries(archive.get(), 0) == 0;
    } catch (const Error&) {
        return true;
    }
}

class RoiWriter final : public LabelFileWriter {
public:
    RoiWriter(const fs::path& folder, const std::vector<ExportedClass>& classes) : folder_(folder) {
        make_folder(folder);
        for (const ExportedClass& known : classes)
            colors_[known.name] = known.color;
    }

    void add(const ExportedImage& image, JobContext& job) override {
        const fs::path path = folder_ / (image.stem + "_RoiSet.zip");
        std::vector<RoiFile> rois; // the archive reads them when it is closed
        for_each_object(
            image.labels, image.objects,
            [&](const ExportedObject& object, const Region& bounds, const Mask& mask) {
                job.throw_if_cancelled();
                const std::string name = object.class_name + " " + std::to_string(object.id);
                rois.push_back({name, encode_imagej_roi(name, object.class_name, parts_in_image(mask, bounds),
                                                        bounds, colors_[object.class_name])});
            });
        if (rois.empty()) // libzip writes no archive without entries
            write_whole_file(path, std::string("PK\5\6") + std::string(18, '\0'));
        else
            write_archive(path, rois);
        files_.push_back(path);
    }

private:
    static void write_archive(const fs::path& path, const std::vector<RoiFile>& rois) {
        const auto fail = [&](zip_t* archive) {
            throw file_error(ErrorCode::Storage, path, "could not be written. Is the disk full or read-only?",
                             archive ? zip_strerror(archive) : "");
        };
        AtomicFile target(path);
        int problem = 0;
        ZipArchive archive(zip_open(target.temporary().c_str(), ZIP_CREATE | ZIP_TRUNCATE, &problem));
        if (!archive)
            fail(nullptr);
        for (const RoiFile& roi : rois) {
            std::string name = roi.name + ".roi";
            std::replace(name.begin(), name.end(), '/', '_');
            zip_source_t* source = zip_source_buffer(archive.get(), roi.bytes.data(), roi.bytes.size(), 0);
            const zip_int64_t index =
                source ? zip_file_add(archive.get(), name.c_str(), source, ZIP_FL_ENC_UTF_8) : -1;
            if (index < 0) {
                zip_source_free(source);
                fail(archive.get());
            }
            // The same labels give the same bytes.
            zip_file_set_mtime(archive.get(), static_cast<zip_uint64_t>(index), 315532800, 0);
        }
        if (zip_close(archive.get()) != 0)
            fail(archive.get());
        static_cast<void>(archive.release());
        target.commit();
    }

    fs::path folder_;
    std::map<std::string, std::array<std::uint8_t, 3>> colors_;
};

} // namespace

LabelFormat imagej_format() {
    return {"imagej", "ImageJ ROI",
            "A .roi file or RoiSet.zip for each image: polygons, freehand shapes, rectangles, ovals and "
            "composites; lines and points are left out.",
            [](const fs::path& path) {
                return holds_label_files(path, {".roi", ".zip"}, looks_like_rois);
            },
            [](const fs::path& path, const LabelOptions& options) -> std::unique_ptr<LabelSource> {
                auto entries = label_files(path, {".roi", ".zip"}, "roiset");
                if (is_folder(path)) // which may hold other archives
                    std::erase_if(entries, [](const auto& entry) { return !may_be_rois(entry.file); });
                return std::make_unique<RoiSource>(std::move(entries), options);
            }};
}

LabelWriterFormat imagej_writer() {
    return {"imagej",
            "ImageJ ROI",
            "A RoiSet.zip for each image, which ImageJ's and Fiji's ROI manager open.",
            "imagej",
            false,
            true,
            false,
            nullptr,
            [](const fs::path& place, const std::vector<ExportedClass>& classes)
                -> std::unique_ptr<LabelFileWriter> { return std::make_unique<RoiWriter>(place, classes); }};
}

} // namespace eyepiece
