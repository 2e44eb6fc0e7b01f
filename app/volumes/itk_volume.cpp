// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/volumes/itk_volume.h"

#include "app/volumes/whole_file.h"
#include "core/formats/byte_source.h"
#include "core/formats/file_errors.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <itkGDCMImageIO.h>
#include <itkMINCImageIO.h>
#include <itkMetaDataObject.h>
#include <itkMetaImageIO.h>
#include <itkNiftiImageIO.h>
#include <itkNrrdImageIO.h>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace eyepiece::volumes {
namespace {

namespace fs = std::filesystem;
using Component = itk::IOComponentEnum;

constexpr double largest_whole = 2.0 * (1u << 30); // bytes of a volume that must be decoded at once
constexpr double tightest_packing = 1032;          // gzip's, that of the other coders is less
constexpr double largest_axis = std::numeric_limits<std::int32_t>::max();

// The one place where what ITK and the libraries below it throw becomes an Error.
template<class F>
decltype(auto) guarded(const fs::path& path, VolumeFormat format, F&& work) {
    const auto damaged = [&](const char* why) {
        return file_error(ErrorCode::BadInput, path,
                          std::string("cannot be read as ") + title(format) +
                              ": it is damaged, cut short, or coded in a way that is not known here. Open it "
                              "in the program that wrote it and save it anew.",
                          path.string() + ": " + why);
    };
    try {
        return work();
    } catch (const Error&) {
        throw;
    } catch (const std::bad_alloc&) {
        throw file_error(ErrorCode::Memory, path, "is too large for the memory that is free.");
    } catch (const itk::ExceptionObject& error) {
        throw damaged(error.what());
    } catch (const std::exception& error) {
        throw damaged(error.what());
    } catch (...) { // NrrdIO and MetaIO are C and old C++
        throw damaged("an exception without a text");
    }
}

itk::ImageIOBase::Pointer make_io(VolumeFormat format) {
    itk::Object::GlobalWarningDisplayOff(); // what they have to say is said by our Errors
    switch (format) {
    case VolumeFormat::Nifti:
    case VolumeFormat::Analyze: {
        auto io = itk::NiftiImageIO::New();
        io->SetLegacyAnalyze75Mode(itk::NiftiImageIOEnums::Analyze75Flavor::AnalyzeITK4);
        return io.GetPointer();
    }
    case VolumeFormat::Nrrd:
        return itk::NrrdImageIO::New().GetPointer();
    case VolumeFormat::MetaImage:
        return itk::MetaImageIO::New().GetPointer();
    case VolumeFormat::Minc:
        return itk::MINCImageIO::New().GetPointer();
    default:
        return itk::GDCMImageIO::New().GetPointer();
    }
}

// How a component lies in ITK's buffer and what it becomes here.
struct Stored {
    std::size_t bytes = 1;
    PixelType type = PixelType::UInt8;
    bool wide = false, is_signed = false; // 64-bit whole numbers become float64
};

std::optional<Stored> stored_as(Component component) {
    switch (component) {
    case Component::UCHAR:
        return Stored{1, PixelType::UInt8};
    case Component::CHAR:
        return Stored{1, PixelType::Int8};
    case Component::USHORT:
        return Stored{2, PixelType::UInt16};
    case Component::SHORT:
        return Stored{2, PixelType::Int16};
    case Component::UINT:
        return Stored{4, PixelType::UInt32};
    case Component::INT:
        return Stored{4, PixelType::Int32};
    case Component::ULONG:
    case Component::ULONGLONG:
        return Stored{8, PixelType::Float64, true, false};
    case Component::LONG:
    case Component::LONGLONG:
        return Stored{8, PixelType::Float64, true, true};
    case Component::FLOAT:
        return Stored{4, PixelType::Float32};
    case Component::DOUBLE:
        return Stored{8, PixelType::Float64};
    default:
        return std::nullopt;
    }
}

// Every `step`-th value of a row, from the interleaved buffer into one plane.
void copy_row(const std::byte* in, std::size_t step, std::int64_t count, const Stored& stored,
              std::byte* out) {
    const auto each = [&](auto from, auto to) {
        for (std::int64_t x = 0; x < count; ++x, in += step * stored.bytes, out += sizeof to) {
            std::memcpy(&from, in, sizeof from);
            to = static_cast<decltype(to)>(from);
            std::memcpy(out, &to, sizeof to);
        }
    };
    if (stored.wide && stored.is_signed)
        each(std::int64_t{}, double{});
    else if (stored.wide)
        each(std::uint64_t{}, double{});
    else if (step == 1)
        std::memcpy(out, in, static_cast<std::size_t>(count) * stored.bytes);
    else
        with_pixel_type(stored.type, [&](auto value) { each(value, value); });
}

class ItkVolume final : public PlaneReader {
public:
    ItkVolume(const fs::path& path, VolumeFormat format) : path_(path), format_(format) {
        guarded(path_, format_, [&] { read_header(); });
    }

    const ImageInfo& info() const override { return info_; }
    const VolumeGeometry& geometry() const override { return geometry_; }

    Image read(const Region& region, int z, int t) override {
        return guarded(path_, format_, [&] {
            Image image = Image::create(info_.type, info_.channels, region.height, region.width);
            if (by_plane_ && whole_bytes_ > kept_at_once)
                read_part(region, z, t, image);
            else
                copy_part(whole(), region, z, t, image);
            return image;
        });
    }

private:
    void read_header() {
        io_ = make_io(format_);
        io_->SetFileName(path_.string());
        io_->ReadImageInformation();
        dimensions_ = io_->GetNumberOfDimensions();
        std::array<double, 4> extent{1, 1, 1, 1};
        for (unsigned i = 0; i < dimensions_; ++i) {
            const auto size = static_cast<double>(io_->GetDimensions(i));
            if (size < 1 || size > largest_axis)
                throw file_error(ErrorCode::BadInput, path_,
                                 "is damaged: its axis " + std::to_string(i + 1) +
                                     " has no sensible length.");
            if (i < extent.size())
                extent[i] = size;
            else if (size > 1)
                throw file_error(ErrorCode::Unsupported, path_,
                                 "has more than four axes with more than one value. Write it as volumes of "
                                 "x, y, z and time.");
        }
        if (dimensions_ < 2)
            throw file_error(ErrorCode::Unsupported, path_, "has a single axis: it is no image.");
        components_ = io_->GetNumberOfComponents();
        const auto stored = stored_as(io_->GetComponentType());
        using Pixel = itk::IOPixelEnum;
        const Pixel pixel = io_->GetPixelType();
        if (!stored || pixel == Pixel::COMPLEX || components_ < 1 || components_ > 1024)
            throw file_error(ErrorCode::Unsupported, path_,
                             "holds complex numbers or a kind of values that cannot be shown. Write its "
                             "magnitude as real numbers.");
        stored_ = *stored;
        info_.rgb = (pixel == Pixel::RGB || pixel == Pixel::RGBA) && components_ >= 3;
        info_.channels = info_.rgb ? 3 : static_cast<int>(components_);
        info_.width = static_cast<std::int64_t>(extent[0]);
        info_.height = static_cast<std::int64_t>(extent[1]);
        info_.depth = static_cast<int>(extent[2]);
        info_.frames = static_cast<int>(extent[3]);
        info_.type = stored_.type;
        info_.format = title(format_);
        require_whole_file(path_, format_);
        check_size(extent[0] * extent[1] * extent[2] * extent[3] * components_);
        place();
    }

    // A header is believed only as far as the file can bear it out.
    void check_size(double values) {
        const bool packed = packed_file();
        // Of a pair the pixels lie elsewhere: only the memory that they take bounds them.
        const bool apart = name_ends(path_, {".hdr", ".mhd", ".nhdr"});
        const auto size = static_cast<double>(readable_size(path_));
        if (!apart && values > size * 8 * (packed ? tightest_packing : 1))
            throw file_error(
                ErrorCode::BadInput, path_,
                "is damaged or cut short: its header announces more voxels than the file holds.");
        by_plane_ = !packed && (format_ == VolumeFormat::MetaImage || format_ == VolumeFormat::Nifti) &&
                    components_ == 1;
        whole_bytes_ = values * static_cast<double>(stored_.bytes);
        if (!by_plane_ && whole_bytes_ > largest_whole)
            throw file_error(
                ErrorCode::Unsupported, path_,
                "holds " + memory_text(whole_bytes_) +
                    " in a form that must be unpacked at once; at "
                    "most 2 GB are. Write it as uncompressed MetaImage or NIfTI, which is read by plane.");
    }

    // Whether the pixels are compressed, or may be: then there is no reading of a part.
    bool packed_file() const {
        if (format_ == VolumeFormat::MetaImage) {
            const std::string head = read_head(path_, 4096);
            const auto at = head.find("CompressedData ");
            return at != std::string::npos && head.substr(at, 40).find("True") != std::string::npos;
        }
        if (format_ == VolumeFormat::Nifti) {
            File file = open_for_reading(path_);
            return std::fgetc(file.get()) == 0x1f || name_ends(path_, {".hdr"});
        }
        return true;
    }

    void place() {
        const auto sane = [](double value) { return std::isfinite(value) && value != 0; };
        for (unsigned axis = 0; axis < std::min(dimensions_, 3u); ++axis) {
            const double step = std::abs(io_->GetSpacing(axis));
            geometry_.spacing[axis] = sane(step) ? step : 1;
            geometry_.origin[axis] = std::isfinite(io_->GetOrigin(axis)) ? io_->GetOrigin(axis) : 0;
            const auto cosines = io_->GetDirection(axis);
            Vector3 direction{};
            double length = 0;
            for (unsigned i = 0; i < std::min<std::size_t>(3, cosines.size()); ++i) {
                direction[i] = cosines[i];
                length += cosines[i] * cosines[i];
            }
            if (sane(length)) {
                for (double& value : direction)
                    value /= std::sqrt(length);
                geometry_.direction[axis] = direction;
            }
        }
        take_pixel_spacing();
        geometry_.oriented = says_orientation();
        const bool known = says_spacing();
        if (dimensions_ < 3)
            geometry_.spacing[2] = geometry_.spacing[0];
        if (!known) {
            geometry_.spacing = {1, 1, 1};
            geometry_.unit = "px";
            return;
        }
        info_.pixel_size = {geometry_.spacing[0], geometry_.spacing[1],
                            info_.depth > 1 ? geometry_.spacing[2] : 0, geometry_.unit};
    }

    // GDCM passes over the spacing of kinds of images (nuclear medicine) that in its view have none.
    void take_pixel_spacing() {
        std::string text;
        if (format_ != VolumeFormat::Dicom ||
            !itk::ExposeMetaData<std::string>(io_->GetMetaDataDictionary(), "0028|0030", text))
            return;
        double rows = 0, columns = 0; // the step between rows, which is that along y, comes first
        if (std::sscanf(text.c_str(), "%lf\\%lf", &rows, &columns) == 2 && std::isfinite(rows) &&
            std::isfinite(columns) && rows > 0 && columns > 0) {
            geometry_.spacing[0] = columns;
            geometry_.spacing[1] = rows;
        }
    }

    bool has_entry(const char* key) const { return io_->GetMetaDataDictionary().HasKey(key); }

    bool says_orientation() const {
        switch (format_) {
        case VolumeFormat::Analyze:
            return false;
        case VolumeFormat::Nrrd:
            return has_entry("NRRD_space");
        case VolumeFormat::Dicom:
            // Of a multi-frame file both lie deep in its sequences: GDCM finds them and says no more.
            return has_entry("0020|0037") || geometry_.origin != Vector3{};
        default:
            return info_.depth > 1;
        }
    }

    // A projection says its pixels on the detector; a photograph nothing.
    bool says_spacing() const {
        return format_ != VolumeFormat::Dicom || has_entry("0028|0030") || has_entry("0018|1164") ||
               geometry_.spacing != Vector3{1, 1, 1};
    }

    void read_part(const Region& region, int z, int t, Image& image) {
        itk::ImageIORegion part(dimensions_);
        const std::array<std::int64_t, 4> start{region.x, region.y, z, t};
        const std::array<std::int64_t, 4> size{region.width, region.height, 1, 1};
        for (unsigned i = 0; i < dimensions_; ++i) {
            part.SetIndex(i, i < 4 ? start[i] : 0);
            part.SetSize(i, i < 4 ? static_cast<std::size_t>(size[i]) : 1);
        }
        // A fresh reader each time: some keep what they read before.
        const auto io = make_io(format_);
        io->SetFileName(path_.string());
        io->ReadImageInformation();
        io->SetIORegion(part);
        std::vector<std::byte> rows(static_cast<std::size_t>(region.width * region.height) * stored_.bytes);
        io->Read(rows.data());
        copy_row(rows.data(), 1, region.width * region.height, stored_, image.writable_plane(0).data());
    }

    const std::vector<std::byte>& whole() {
        if (!voxels_.empty())
            return voxels_;
        require_memory(path_, whole_bytes_, 0, "close other images first, or cut a part out of it");
        itk::ImageIORegion all(dimensions_);
        for (unsigned i = 0; i < dimensions_; ++i) {
            all.SetIndex(i, 0);
            all.SetSize(i, io_->GetDimensions(i));
        }
        io_->SetIORegion(all);
        std::vector<std::byte> voxels(static_cast<std::size_t>(whole_bytes_));
        io_->Read(voxels.data());
        voxels_ = std::move(voxels);
        return voxels_;
    }

    void copy_part(const std::vector<std::byte>& voxels, const Region& region, int z, int t,
                   Image& image) const {
        const std::size_t pixel = components_ * stored_.bytes;
        const std::size_t row = static_cast<std::size_t>(info_.width) * pixel;
        const std::size_t plane = row * static_cast<std::size_t>(info_.height);
        const std::byte* corner =
            voxels.data() + plane * (static_cast<std::size_t>(t) * static_cast<std::size_t>(info_.depth) +
                                     static_cast<std::size_t>(z));
        const std::size_t out_row = static_cast<std::size_t>(region.width) * bytes_per_pixel(info_.type);
        for (int channel = 0; channel < info_.channels; ++channel) {
            std::byte* out = image.writable_plane(channel).data();
            for (std::int64_t y = 0; y < region.height; ++y)
                copy_row(corner + static_cast<std::size_t>(region.y + y) * row +
                             static_cast<std::size_t>(region.x) * pixel +
                             static_cast<std::size_t>(channel) * stored_.bytes,
                         components_, region.width, stored_, out + static_cast<std::size_t>(y) * out_row);
        }
    }

    static constexpr double kept_at_once = 64.0 * (1u << 20); // bytes: smaller ones are quicker read at once

    fs::path path_;
    VolumeFormat format_;
    ImageInfo info_;
    VolumeGeometry geometry_;
    unsigned dimensions_ = 0, components_ = 1;
    Stored stored_;
    double whole_bytes_ = 0;
    bool by_plane_ = false;

    itk::ImageIOBase::Pointer io_;
    std::vector<std::byte> voxels_; // interleaved, as ITK gives them
};

} // namespace

std::unique_ptr<PlaneReader> open_itk_volume(const fs::path& path, VolumeFormat format) {
    if (format == VolumeFormat::Mgh)
        throw file_error(
            ErrorCode::Unsupported, path,
            "is a FreeSurfer MGH volume, for which there is no reader here. Convert it to NIfTI, "
            "for instance with \"mri_convert\".");
    if (format == VolumeFormat::PhilipsRec)
        throw file_error(ErrorCode::Unsupported, path,
                         "is of a Philips PAR/REC pair, for which there is no reader here. Convert it to "
                         "NIfTI, for instance with \"dcm2niix\".");
    return std::make_unique<ItkVolume>(volume_header(path), format);
}

} // namespace eyepiece::volumes
