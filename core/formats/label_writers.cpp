// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/label_writers.h"
#include "core/data/components.h"
#include "core/formats/file_errors.h"
#include "core/formats/label_format_list.h"
#include "core/formats/label_writing.h"

#include <algorithm>
#include <fstream>
#include <utility>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

class TextFileWriter final : public LabelFileWriter {
public:
    TextFileWriter(fs::path folder, std::string ending, LabelText content)
        : folder_(std::move(folder)), ending_(std::move(ending)), content_(std::move(content)) {
        make_folder(folder_);
    }
    void add(const ExportedImage& image, JobContext&) override {
        const fs::path file = folder_ / (image.stem + ending_);
        write_whole_file(file, content_(image));
        files_.push_back(file);
    }

private:
    fs::path folder_;
    std::string ending_;
    LabelText content_;
};

} // namespace

LabelFileWriter::~LabelFileWriter() = default;

std::span<const LabelWriterFormat> label_writer_formats() {
    static const std::array formats{
        label_image_writer(),  mask_per_object_writer(),
        coco_writer(),         labelme_writer(),
        geojson_writer(),      voc_writer(),
        voc_mask_writer(),     yolo_box_writer(),
        yolo_segment_writer(), imagej_writer(),
        cvat_writer(),         napari_writer(),
        nifti_writer(),        nrrd_writer(),
    };
    return formats;
}

void LabelLosses::objects(std::int64_t count, std::string_view what, std::string_view outcome) {
    add({false, what, outcome, count});
}

void LabelLosses::images(std::int64_t count, std::string_view what, std::string_view outcome) {
    add({true, what, outcome, count});
}

void LabelLosses::add(const Loss& loss) {
    if (loss.count == 0)
        return;
    const auto known = std::find_if(losses_.begin(), losses_.end(), [&](const Loss& other) {
        return other.of_images == loss.of_images && other.what == loss.what && other.outcome == loss.outcome;
    });
    if (known == losses_.end())
        losses_.push_back(loss);
    else
        known->count += loss.count;
}

std::vector<std::string> LabelLosses::sentences(std::string_view format) const {
    std::vector<std::string> all;
    for (const Loss& loss : losses_) {
        std::string sentence = std::to_string(loss.count) + (loss.of_images ? " image" : " object");
        sentence += loss.count == 1 ? " has " : "s have ";
        sentence.append(loss.what).append(", which ").append(format).append(" cannot say: ");
        all.push_back(sentence.append(loss.outcome).append("."));
    }
    return all;
}

void make_folder(const fs::path& folder) {
    std::error_code problem;
    fs::create_directories(folder, problem);
    if (problem)
        throw Error(ErrorCode::Storage,
                    "The folder \"" + folder.string() + "\" cannot be made: " + problem.message() + ".");
}

void write_whole_file(const fs::path& path, std::string_view content) {
    AtomicFile target(path);
    std::ofstream file(target.temporary(), std::ios::binary);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    file.close();
    if (!file)
        throw file_error(ErrorCode::Storage, path, "could not be written. Is the disk full or read-only?");
    target.commit();
}

std::unique_ptr<LabelFileWriter> write_text_files(const fs::path& folder, std::string ending,
                                                  LabelText content) {
    return std::make_unique<TextFileWriter>(folder, std::move(ending), std::move(content));
}

void lose_outlines(const ExportedImage& image, LabelLosses& losses) {
    const auto measures = measure_objects(image.labels);
    losses.objects(std::count_if(measures.begin(), measures.end(),
                                 [](const ObjectMeasures& object) {
                                     return object.area != object.bounds.width * object.bounds.height;
                                 }),
                   "an outline that is no box", "only its bounds are written");
}

} // namespace eyepiece
