// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/label_volume.h"
#include "core/base/natural_order.h"
#include "core/formats/byte_source.h"
#include "core/formats/file_errors.h"
#include "core/formats/image_reader.h"
#include "core/formats/label_files.h"
#include "core/formats/label_writing.h"
#include "core/formats/object_list.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>
#include <unordered_set>
#include <utility>
#include <zlib.h>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

template<class F>
decltype(auto) with_sample(LabelSample sample, F&& f) {
    switch (sample) {
    case LabelSample::UInt8:
        return f(std::uint8_t{});
    case LabelSample::Int8:
        return f(std::int8_t{});
    case LabelSample::UInt16:
        return f(std::uint16_t{});
    case LabelSample::Int16:
        return f(std::int16_t{});
    case LabelSample::UInt32:
        return f(std::uint32_t{});
    case LabelSample::Int32:
        return f(std::int32_t{});
    case LabelSample::UInt64:
        return f(std::uint64_t{});
    case LabelSample::Int64:
        return f(std::int64_t{});
    case LabelSample::Float32:
        return f(float{});
    case LabelSample::Float64:
        break;
    }
    return f(double{});
}

LabelMap plane_of(const std::string& pixels, const LabelVolumeHeader& header, std::int64_t z,
                  const fs::path& path) {
    LabelMap map(header.height, header.width);
    const auto ids = map.ids();
    with_sample(header.sample, [&](auto zero) {
        using T = decltype(zero);
        const char* from = pixels.data() + static_cast<std::size_t>(z) * ids.size() * sizeof(T);
        const bool swap = header.big_endian != (std::endian::native == std::endian::big);
        for (std::size_t i = 0; i < ids.size(); ++i, from += sizeof(T)) {
            std::array<char, sizeof(T)> bytes;
            std::memcpy(bytes.data(), from, sizeof(T));
            if (swap)
                std::reverse(bytes.begin(), bytes.end());
            const double value =
                header.slope * static_cast<double>(std::bit_cast<T>(bytes)) + header.intercept;
            if (!std::isfinite(value) || value != std::floor(value) || value > 4294967295.0)
                throw file_error(ErrorCode::BadInput, path,
                                 "is no label map: its values are not whole numbers of 32 bits.");
            ids[i] = value < 0 ? 0 : static_cast<ObjectId>(value);
        }
    });
    return map;
}

// "scan" of "scan.nii.gz" and "scan.seg.nrrd".
fs::path named_after(const fs::path& file) {
    fs::path stem = file;
    for (fs::path ending = stem.extension(); !ending.empty() && ending.string().size() <= 5;
         ending = stem.extension()) {
        const std::string known = lower(ending.string());
        if (known != ".gz" && known != ".nii" && known != ".nrrd" && known != ".seg")
            break;
        stem.replace_extension();
    }
    return stem.parent_path() / (stem.filename().string() + ".volume");
}

// "_z012", "-3" and "t4": what follows a volume's name in those of its planes.
bool is_plane_number(std::string_view rest) {
    const auto digits = rest.find_last_not_of("0123456789");
    const std::size_t letters = digits == std::string_view::npos ? 0 : digits + 1;
    return letters < rest.size() && letters <= 3 &&
           std::all_of(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(letters), [](char c) {
               return c == '_' || c == '-' || c == '.' || c == ' ' ||
                      std::isalpha(static_cast<unsigned char>(c));
           });
}

std::string size_text(const std::array<double, 2>& spacing) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%g x %g µm", spacing[0], spacing[1]);
    return text.data();
}

class LabelVolumeSource final : public LabelSource {
public:
    LabelVolumeSource(const LabelVolumeFormat& format, const fs::path& path, LabelOptions options)
        : format_(format), options_(std::move(options)) {
        const std::vector<LabelEntry> found = label_files(path, format.endings);
        if (found.empty())
            return;
        const fs::path folder = fs::absolute(found.front().file).parent_path();
        // Images come in this format, too: "a.nrrd" is one where "a_seg.nrrd" is there, else a label map.
        std::unordered_set<std::string> labelled_stems, label_maps;
        for (const LabelEntry& entry : found)
            if (const fs::path named = named_after(entry.file); named_like_a_label(named))
                labelled_stems.insert(label_key(named));
        const auto is_image = [&](const fs::path& file) {
            return labelled_stems.contains(named_after(file).stem().string());
        };
        for (const LabelEntry& entry : found)
            if (!is_image(entry.file))
                label_maps.insert(fs::absolute(entry.file).native());
        std::vector<fs::path> images = images_in(folder);
        for (const fs::path& image : candidates_for(folder))
            if (std::find(images.begin(), images.end(), image) == images.end())
                images.push_back(image);
        std::erase_if(
            images, [&](const fs::path& image) { return label_maps.contains(fs::absolute(image).native()); });
        const ImageNames names(images);
        try {
            list_ = ObjectList::read(folder);
        } catch (const Error& error) {
            problems_.push_back({folder / object_list_name, error.what()});
        }
        for (const LabelEntry& entry : found) {
            if (is_image(entry.file))
                continue;
            try {
                add(entry.file, format.header(entry.file), images, names);
            } catch (const Error& error) {
                problems_.push_back({entry.file, error.what()});
            }
        }
    }
    std::string_view format() const override { return format_.name; }

    ImportedLabels read(std::size_t entry) const override {
        const LabelEntry& item = entries_.at(entry);
        const std::int64_t z = planes_.at(entry);
        LabelMap map;
        LabelVolumeHeader header;
        {
            // The planes of a volume are asked for one after another: it is unpacked once.
            const std::lock_guard lock(mutex_);
            if (kept_ != item.file) {
                kept_.clear();
                header_ = format_.header(item.file);
                pixels_ = format_.pixels(item.file, header_);
                kept_ = item.file;
            }
            map = plane_of(pixels_, header_, z, item.file);
            header = header_;
            if (z + 1 == header_.depth) {
                kept_.clear();
                pixels_ = {};
            }
        }
        const ObjectClasses* classes = list_.classes_of(item.file.filename().string());
        if (!classes && !header.classes.empty())
            classes = &header.classes;
        ImportedLabels labels = labels_of_values(std::move(map), classes, options_, item.file);
        if (const std::string problem = spacing_problem(item, header.spacing); !problem.empty())
            labels.problems.push_back(problem);
        return labels;
    }

private:
    void add(const fs::path& file, const LabelVolumeHeader& header, const std::vector<fs::path>& images,
             const ImageNames& names) {
        const fs::path named = named_after(file);
        if (header.depth == 1) {
            const fs::path image = names.find(named);
            entries_.push_back({image.empty() ? label_key(named) : image.stem().string(), image, file});
            planes_.push_back(0);
            return;
        }
        std::vector<fs::path> planes;
        for (const std::string& stem : {named.stem().string(), label_key(named)}) {
            planes.clear();
            for (const fs::path& image : images)
                if (const std::string name = image.stem().string();
                    name.starts_with(stem) && is_plane_number(std::string_view(name).substr(stem.size())))
                    planes.push_back(image);
            if (!planes.empty())
                break;
        }
        if (static_cast<std::int64_t>(planes.size()) != header.depth)
            throw file_error(ErrorCode::BadInput, file,
                             "holds " + std::to_string(header.depth) + " planes, and " +
                                 std::to_string(planes.size()) +
                                 " images beside it are named after it and numbered. Put an image for each "
                                 "plane beside it: \"" +
                                 named.stem().string() + "_z01.png\", ...");
        std::sort(planes.begin(), planes.end(),
                  [](const fs::path& a, const fs::path& b) { return natural_less(a.native(), b.native()); });
        for (std::int64_t z = 0; z < header.depth; ++z) {
            const fs::path& image = planes[static_cast<std::size_t>(z)];
            entries_.push_back({image.stem().string(), image, file});
            planes_.push_back(z);
        }
    }

    // Labels of the same size in px whose pixels are of another size may be of another image.
    static std::string spacing_problem(const LabelEntry& item, const std::array<double, 2>& spacing) {
        if (item.image.empty() || spacing[0] <= 0 || spacing[1] <= 0)
            return {};
        const PixelSize pixel = probe_image(item.image).pixel_size;
        const double unit = pixel.unit == "µm" ? 1 : pixel.unit == "mm" ? 1e3 : pixel.unit == "nm" ? 1e-3 : 0;
        const std::array<double, 2> image{pixel.x * unit, pixel.y * unit};
        if (image[0] <= 0 || image[1] <= 0 ||
            (std::abs(image[0] / spacing[0] - 1) < 0.01 && std::abs(image[1] / spacing[1] - 1) < 0.01))
            return {};
        return "Its pixels are " + size_text(spacing) + ", and those of its image " + size_text(image) +
               ": look whether they belong together.";
    }

    LabelVolumeFormat format_;
    LabelOptions options_;
    ObjectList list_;
    std::vector<std::int64_t> planes_; // of each entry
    mutable std::mutex mutex_;
    mutable fs::path kept_; // the file whose pixels are held
    mutable LabelVolumeHeader header_;
    mutable std::string pixels_;
};

class LabelVolumeWriter final : public LabelFileWriter {
public:
    LabelVolumeWriter(const fs::path& folder, const std::vector<ExportedClass>& classes, std::string ending,
                      EncodeVolume encode)
        : folder_(folder), ending_(std::move(ending)), encode_(encode), list_(classes) {
        make_folder(folder);
    }
    void add(const ExportedImage& image, JobContext&) override {
        const fs::path file = folder_ / (image.stem + ending_);
        write_whole_file(file, encode_(image.labels, spacing_of(image.path)));
        list_.add(file.filename().string(), image);
        files_.push_back(file);
    }
    void finish() override {
        list_.write(folder_);
        files_.push_back(folder_ / object_list_name);
    }

private:
    static std::array<double, 2> spacing_of(const fs::path& path) {
        try {
            const PixelSize pixel = probe_image(path).pixel_size;
            if (pixel.unit == "µm")
                return {pixel.x, pixel.y};
        } catch (const Error&) { // the labels are there, the image need not be
        }
        return {};
    }

    fs::path folder_;
    std::string ending_;
    EncodeVolume encode_;
    ObjectListWriter list_;
};

struct Stream {
    z_stream state{};
    bool packing;
    explicit Stream(bool pack) : packing(pack) {
        const int problem = pack ? deflateInit2(&state, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY)
                                 : inflateInit2(&state, 15 + 32);
        if (problem != Z_OK)
            throw Error(ErrorCode::Memory, "There is not enough memory to pack or unpack a file.");
    }
    ~Stream() { packing ? deflateEnd(&state) : inflateEnd(&state); }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
};

} // namespace

std::size_t bytes_of(LabelSample sample) {
    return with_sample(sample, [](auto zero) { return sizeof(zero); });
}

void check_volume(const fs::path& path, const LabelVolumeHeader& header, double available) {
    constexpr std::int64_t largest_side = 1 << 20;
    for (const std::int64_t side : {header.width, header.height, header.depth})
        if (side < 1 || side > largest_side)
            throw file_error(ErrorCode::BadInput, path, "states a size that cannot be.");
    const double pixels = static_cast<double>(header.width) * static_cast<double>(header.height) *
                          static_cast<double>(header.depth);
    const double bytes = pixels * static_cast<double>(bytes_of(header.sample));
    if (bytes > available)
        throw file_error(
            ErrorCode::BadInput, path,
            "is cut short: it has fewer pixels than its header states. Copy or download it again.");
    require_memory(path, bytes, 0, "split it into smaller volumes");
}

std::unique_ptr<LabelSource> open_volumes(const LabelVolumeFormat& format, const fs::path& path,
                                          const LabelOptions& options) {
    return std::make_unique<LabelVolumeSource>(format, path, options);
}

std::unique_ptr<LabelFileWriter> write_volumes(const fs::path& folder,
                                               const std::vector<ExportedClass>& classes, std::string ending,
                                               EncodeVolume encode) {
    return std::make_unique<LabelVolumeWriter>(folder, classes, std::move(ending), encode);
}

std::string gzip_bytes(std::string_view bytes) {
    Stream stream(true);
    std::string packed(deflateBound(&stream.state, bytes.size()), '\0');
    stream.state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data())); // zlib only reads it
    stream.state.next_out = reinterpret_cast<Bytef*>(packed.data());
    std::size_t taken = 0, given = 0;
    int state = Z_OK;
    while (state == Z_OK) { // zlib counts in 32 bits
        const auto in = static_cast<uInt>(std::min<std::size_t>(bytes.size() - taken, 1u << 30));
        const auto out = static_cast<uInt>(std::min<std::size_t>(packed.size() - given, 1u << 30));
        stream.state.avail_in = in;
        stream.state.avail_out = out;
        state = deflate(&stream.state, taken + in == bytes.size() ? Z_FINISH : Z_NO_FLUSH);
        taken += in - stream.state.avail_in;
        given += out - stream.state.avail_out;
    }
    packed.resize(given);
    return packed;
}

std::string gunzip_bytes(std::string_view packed, std::size_t count, const fs::path& path) {
    Stream stream(false);
    std::string bytes(count, '\0');
    stream.state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data())); // zlib only reads it
    stream.state.next_out = reinterpret_cast<Bytef*>(bytes.data());
    std::size_t taken = 0, given = 0;
    while (given < count) {
        const auto in = static_cast<uInt>(std::min<std::size_t>(packed.size() - taken, 1u << 30));
        const auto out = static_cast<uInt>(std::min<std::size_t>(count - given, 1u << 30));
        stream.state.avail_in = in;
        stream.state.avail_out = out;
        const int state = inflate(&stream.state, Z_NO_FLUSH);
        taken += in - stream.state.avail_in;
        given += out - stream.state.avail_out;
        if (given < count && state != Z_OK)
            throw file_error(
                ErrorCode::BadInput, path,
                "is cut short or damaged: its packed pixels cannot be unpacked. Copy or download it "
                "again.",
                stream.state.msg ? stream.state.msg : "");
    }
    return bytes;
}

bool needs_32_bits(const LabelMap& map) {
    return map.largest_id() > 65535;
}

std::string little_endian_ids(const LabelMap& map) {
    const std::size_t size = needs_32_bits(map) ? 4 : 2;
    std::string bytes;
    bytes.reserve(map.ids().size() * size);
    for (const ObjectId id : map.ids())
        for (std::size_t i = 0; i < size; ++i)
            bytes += static_cast<char>(id >> (8 * i));
    return bytes;
}

} // namespace eyepiece
