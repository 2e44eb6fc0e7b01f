// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/npz_volume.h"

#include "core/formats/file_errors.h"
#include "core/formats/npy_array.h"
#include "core/formats/pyramid.h"
#include "core/formats/zip_entry.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 6> image_names{"vol", "volume", "image", "img", "data", "x"};

struct Chosen {
    std::uint64_t index = 0;
    std::string name;
    NpyHeader header;
    double values = 0;
};

PixelType pixel_type(const ElementType& type) {
    using Kind = ElementType::Kind;
    if (type.size == 8)
        return PixelType::Float64;
    if (type.kind == Kind::Float)
        return PixelType::Float32;
    const bool is_signed = type.kind == Kind::Signed;
    return type.size == 1   ? (is_signed ? PixelType::Int8 : PixelType::UInt8)
           : type.size == 2 ? (is_signed ? PixelType::Int16 : PixelType::UInt16)
                            : (is_signed ? PixelType::Int32 : PixelType::UInt32);
}

std::string array_name(const std::string& name) {
    return "the array \"" + name + "\"";
}

Chosen choose(zip_t* archive, const fs::path& path) {
    std::optional<Chosen> best;
    const zip_int64_t count = zip_get_num_entries(archive, 0);
    for (zip_int64_t i = 0; i < std::min<zip_int64_t>(count, 10'000); ++i) {
        const char* entry_name = zip_get_name(archive, static_cast<zip_uint64_t>(i), 0);
        std::string name = entry_name ? entry_name : "";
        if (!name.ends_with(".npy"))
            continue;
        name.resize(name.size() - 4);
        Chosen found{static_cast<std::uint64_t>(i), name, {}, 1};
        try {
            const auto entry = open_zip_entry(archive, found.index, path);
            found.header = read_npy_header(*entry, path, array_name(name));
        } catch (const Error&) {
            continue; // objects and text: no image
        }
        const auto& shape = found.header.shape;
        if (!found.header.is_number() || shape.size() < 2 || shape.size() > 4)
            continue;
        for (const std::size_t extent : shape)
            found.values *= static_cast<double>(extent);
        const auto rank = [](const Chosen& one) {
            return std::pair(std::find(image_names.begin(), image_names.end(), one.name) != image_names.end(),
                             one.values);
        };
        if (found.values > 0 && (!best || rank(found) > rank(*best)))
            best = std::move(found);
    }
    if (!best)
        throw file_error(ErrorCode::Unsupported, path,
                         "holds no array of numbers with two to four dimensions that could be shown as an "
                         "image. Open it as a table, in Explore.");
    return std::move(*best);
}

// One element of the file as the number it stands for.
template<class T>
T element(const std::byte* bytes, const ElementType& type) {
    std::array<std::byte, 8> raw{};
    std::copy_n(bytes, type.size, raw.begin());
    if (type.big_endian)
        std::reverse(raw.begin(), raw.begin() + static_cast<std::ptrdiff_t>(type.size));
    const auto as = [&](auto value) {
        std::memcpy(&value, raw.data(), sizeof value);
        return static_cast<T>(value);
    };
    if (type.kind == ElementType::Kind::Float && type.size == 2) {
        std::uint16_t bits = 0;
        std::memcpy(&bits, raw.data(), sizeof bits);
        return static_cast<T>(half_to_double(bits));
    }
    if (type.size == 8 && type.kind == ElementType::Kind::Signed)
        return as(std::int64_t{});
    if (type.size == 8 && type.kind == ElementType::Kind::Unsigned)
        return as(std::uint64_t{});
    return as(T{});
}

class NpzVolume final : public VolumeSource {
public:
    explicit NpzVolume(const fs::path& path) : path_(path) {
        const ZipArchive archive = open_zip(path);
        chosen_ = choose(archive.get(), path);
        // Fastest axis first, as it lies in the file.
        std::vector<std::size_t> shape = chosen_.header.shape;
        if (!chosen_.header.fortran_order)
            std::reverse(shape.begin(), shape.end());
        shape.resize(4, 1);
        for (const std::size_t extent : shape)
            if (extent < 1 || extent > std::numeric_limits<std::int32_t>::max())
                throw file_error(ErrorCode::BadInput, path, "is damaged: an array's shape is none.");
        info_.width = static_cast<std::int64_t>(shape[0]);
        info_.height = static_cast<std::int64_t>(shape[1]);
        info_.depth = static_cast<int>(shape[2]);
        info_.frames = static_cast<int>(shape[3]);
        info_.type = pixel_type(chosen_.header.single().type);
        info_.channel_names = {chosen_.name};
        info_.format = "NumPy archive";
        geometry_.unit = "px";
        overviews_ = std::make_unique<Overviews>(
            LevelSize{info_.width, info_.height}, bytes_per_pixel(info_.type), 1,
            [this](const Region& part, int z, int t) { return finest(part, z, t); });
    }

    const ImageInfo& info() const override { return info_; }
    const VolumeGeometry& geometry() const override { return geometry_; }

    Image read(const Region& region, int level, int z, int t) override {
        if (level < 0 || z < 0 || t < 0 || z >= info_.depth || t >= info_.frames)
            throw file_error(ErrorCode::BadInput, path_,
                             "has no plane z = " + std::to_string(z) + ", t = " + std::to_string(t) + ".");
        const LevelSize size = level_size(info_.width, info_.height, level);
        const Region clipped = region.intersected({0, 0, size.width, size.height});
        if (clipped.empty())
            throw file_error(ErrorCode::BadInput, path_, "was read outside of its bounds.");
        return level == 0 ? finest(clipped, z, t) : overviews_->read(clipped, level, z, t);
    }

private:
    Image finest(const Region& region, int z, int t) {
        {
            const std::lock_guard lock(mutex_);
            if (planes_.empty())
                decode();
        }
        const auto plane =
            static_cast<std::size_t>(t) * static_cast<std::size_t>(info_.depth) + static_cast<std::size_t>(z);
        return planes_[plane].cropped(region); // not changed any more
    }

    void decode() {
        const ElementType type = chosen_.header.single().type;
        require_memory(path_, chosen_.values * static_cast<double>(bytes_per_pixel(info_.type)), 0,
                       "close other images first, or save a part of the array");
        const ZipArchive archive = open_zip(path_);
        const auto entry = open_zip_entry(archive.get(), chosen_.index, path_);
        const NpyHeader header = read_npy_header(*entry, path_, array_name(chosen_.name));
        if (chosen_.values * static_cast<double>(type.size) > static_cast<double>(entry->at_most()))
            throw file_error(ErrorCode::BadInput, path_,
                             "is damaged or cut short: " + array_name(chosen_.name) +
                                 " is shorter than its shape.");
        if (header.shape != chosen_.header.shape)
            throw file_error(ErrorCode::Conflict, path_, "was replaced while it was open. Open it again.");
        std::vector<Image> planes;
        std::vector<char> row(static_cast<std::size_t>(info_.width) * type.size);
        for (int plane = 0; plane < info_.depth * info_.frames; ++plane) {
            Image image = Image::create(info_.type, 1, info_.height, info_.width);
            with_pixel_type(info_.type, [&](auto sample) {
                using T = decltype(sample);
                const auto out = image.writable_plane_as<T>(0);
                for (std::size_t at = 0; at < out.size(); at += static_cast<std::size_t>(info_.width)) {
                    entry->read_all(row, array_name(chosen_.name));
                    for (std::size_t x = 0; x < static_cast<std::size_t>(info_.width); ++x)
                        out[at + x] =
                            element<T>(reinterpret_cast<const std::byte*>(row.data()) + x * type.size, type);
                }
            });
            planes.push_back(std::move(image));
        }
        planes_ = std::move(planes);
    }

    fs::path path_;
    Chosen chosen_;
    ImageInfo info_;
    VolumeGeometry geometry_;
    std::mutex mutex_;          // of the decoding
    std::vector<Image> planes_; // [t][z]
    std::unique_ptr<Overviews> overviews_;
};

} // namespace

std::unique_ptr<VolumeSource> open_npz_volume(const fs::path& path) {
    return std::make_unique<NpzVolume>(path);
}

} // namespace eyepiece
