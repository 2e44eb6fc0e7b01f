// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/volumes/dicom_series.h"

#include "core/formats/file_errors.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <gdcmReader.h>
#include <gdcmTag.h>
#include <gdcmTrace.h>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <sys/wait.h>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace eyepiece::volumes {
namespace {

namespace fs = std::filesystem;

constexpr double same_place = 1e-3; // of the step between slices
constexpr std::size_t planes_budget = std::size_t{64} << 20;

struct Header {
    fs::path path;
    std::string series, instance;
    long number = 0, frames = 1;
    std::array<long, 2> size{}; // rows, columns
    std::vector<double> position, axes, spacing;
    double thickness = 0, slope = 1, intercept = 0;
    bool is_slice() const {
        return !series.empty() && frames <= 1 && position.size() == 3 && axes.size() == 6 && size[0] > 0;
    }
};

std::string text_of(const gdcm::DataSet& data, std::uint16_t group, std::uint16_t element) {
    const gdcm::Tag tag(group, element);
    if (!data.FindDataElement(tag))
        return {};
    const gdcm::ByteValue* value = data.GetDataElement(tag).GetByteValue();
    if (!value || !value->GetPointer())
        return {};
    std::string text(value->GetPointer(), value->GetLength());
    while (!text.empty() && (text.back() == ' ' || text.back() == '\0'))
        text.pop_back();
    return text;
}

// "1.5\-2\3e2"; empty when any of them is no number.
std::vector<double> numbers_of(const gdcm::DataSet& data, std::uint16_t group, std::uint16_t element) {
    const std::string text = text_of(data, group, element);
    std::vector<double> values;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\\', at), text.size());
        while (at < end && (text[at] == ' ' || text[at] == '+'))
            ++at;
        double value = 0;
        const auto [rest, problem] = std::from_chars(text.data() + at, text.data() + end, value);
        if (problem != std::errc() || !std::isfinite(value))
            return {};
        values.push_back(value);
        at = end + 1;
    }
    return values;
}

double number_of(const gdcm::DataSet& data, std::uint16_t group, std::uint16_t element, double otherwise) {
    const auto values = numbers_of(data, group, element);
    return values.empty() ? otherwise : values.front();
}

// GDCM has brought the number into this machine's order already.
long short_of(const gdcm::DataSet& data, std::uint16_t element) {
    const gdcm::Tag tag(0x0028, element);
    const gdcm::ByteValue* value =
        data.FindDataElement(tag) ? data.GetDataElement(tag).GetByteValue() : nullptr;
    if (!value || value->GetLength() < 2)
        return 0;
    std::uint16_t number = 0;
    std::memcpy(&number, value->GetPointer(), sizeof number);
    return number;
}

// All up to the pixels; nothing for a file that is not DICOM.
std::optional<Header> read_header(const fs::path& path) {
    gdcm::Trace::SetWarning(false);
    gdcm::Trace::SetError(false);
    gdcm::Trace::SetDebug(false);
    try {
        gdcm::Reader reader;
        reader.SetFileName(path.c_str());
        if (!reader.ReadUpToTag(gdcm::Tag(0x7fe0, 0x0000)))
            return std::nullopt;
        const gdcm::DataSet& data = reader.GetFile().GetDataSet();
        Header header;
        header.path = path;
        header.series = text_of(data, 0x0020, 0x000e);
        header.instance = text_of(data, 0x0008, 0x0018);
        header.number = std::lround(std::clamp(number_of(data, 0x0020, 0x0013, 0), -1e9, 1e9));
        header.frames = std::lround(std::clamp(number_of(data, 0x0028, 0x0008, 1), 1.0, 1e9));
        header.size = {short_of(data, 0x0010), short_of(data, 0x0011)};
        header.position = numbers_of(data, 0x0020, 0x0032);
        header.axes = numbers_of(data, 0x0020, 0x0037);
        header.spacing = numbers_of(data, 0x0028, 0x0030);
        header.thickness = number_of(data, 0x0018, 0x0050, 0);
        header.slope = number_of(data, 0x0028, 0x1053, 1);
        header.intercept = number_of(data, 0x0028, 0x1052, 0);
        return header;
    } catch (const std::exception&) { // GDCM's own are std::exception; the file is refused when it is opened
        return std::nullopt;
    }
}

Vector3 normal_of(const std::vector<double>& axes) {
    const auto row = std::span(axes).first(3), column = std::span(axes).last(3);
    Vector3 normal{row[1] * column[2] - row[2] * column[1], row[2] * column[0] - row[0] * column[2],
                   row[0] * column[1] - row[1] * column[0]};
    const double length = std::hypot(normal[0], normal[1], normal[2]);
    for (double& value : normal)
        value = length > 0 ? value / length : 0;
    return normal;
}

std::string name_of(const fs::path& path) {
    return "\"" + path.filename().string() + "\"";
}

std::string length_text(double millimetres) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.4g mm", millimetres);
    return text.data();
}

// Files of one series, size and orientation, which become a volume if they lie at different places.
class SeriesBuilder {
public:
    explicit SeriesBuilder(std::vector<Header> slices) : slices_(std::move(slices)) {}

    std::optional<DicomSeries> build() {
        normal_ = normal_of(slices_.front().axes);
        const auto along = [&](const Header& slice) {
            return slice.position[0] * normal_[0] + slice.position[1] * normal_[1] +
                   slice.position[2] * normal_[2];
        };
        std::sort(slices_.begin(), slices_.end(), [&](const Header& a, const Header& b) {
            return std::tuple(along(a), a.number, a.path) < std::tuple(along(b), b.number, b.path);
        });
        const double extent = along(slices_.back()) - along(slices_.front());
        const double tolerance = same_place * std::max(extent / static_cast<double>(slices_.size()), 1e-6);
        for (Header& slice : slices_) {
            const double place = along(slice);
            if (places_.empty() || place - places_.back() > std::max(tolerance, 1e-4)) {
                places_.push_back(place);
                at_place_.emplace_back();
            }
            at_place_.back().push_back(&slice);
        }
        if (places_.size() < 2)
            return std::nullopt;
        drop_copies();
        order_frames();
        find_gaps();
        find_tilt();
        describe();
        return std::move(series_);
    }

private:
    // The same instance under two names is one slice.
    void drop_copies() {
        for (auto& here : at_place_) {
            std::set<std::string> seen;
            std::vector<const Header*> kept;
            for (const Header* slice : here)
                if (slice->instance.empty() || seen.insert(slice->instance).second)
                    kept.push_back(slice);
                else
                    leave_out(*slice, *here.front());
            here = std::move(kept);
        }
    }

    void leave_out(const Header& slice, const Header& kept) {
        series_.left_out.push_back(slice.path);
        series_.notes.push_back(name_of(slice.path) + " lies at the same place as " + name_of(kept.path) +
                                " and was left out.");
    }

    void order_frames() {
        std::size_t frames = at_place_.front().size();
        const bool even = std::all_of(at_place_.begin(), at_place_.end(),
                                      [&](const auto& here) { return here.size() == frames; });
        if (!even) {
            for (auto& here : at_place_) {
                for (std::size_t i = 1; i < here.size(); ++i)
                    leave_out(*here[i], *here.front());
                here.resize(1);
            }
            frames = 1;
        }
        series_.slices.resize(frames);
        for (const auto& here : at_place_) // by number within a place already
            for (std::size_t t = 0; t < frames; ++t)
                series_.slices[t].push_back(here[t]->path);
    }

    void find_gaps() {
        std::vector<double> steps;
        for (std::size_t i = 1; i < places_.size(); ++i)
            steps.push_back(places_[i] - places_[i - 1]);
        std::vector<double> sorted = steps;
        std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2),
                         sorted.end());
        step_ = sorted[sorted.size() / 2];
        for (std::size_t i = 0; i < steps.size(); ++i) {
            const auto missing = std::lround(steps[i] / step_) - 1;
            if (missing >= 1)
                series_.notes.push_back(
                    (missing == 1 ? std::string("1 slice is") : std::to_string(missing) + " slices are") +
                    " missing between " + name_of(series_.slices[0][i]) + " and " +
                    name_of(series_.slices[0][i + 1]) + ": they lie " + length_text(steps[i]) +
                    " apart, the others " + length_text(step_) + ". Distances across the gap are too short.");
            else if (std::abs(steps[i] - step_) > 0.1 * step_)
                series_.notes.push_back(name_of(series_.slices[0][i]) + " and " +
                                        name_of(series_.slices[0][i + 1]) + " lie " + length_text(steps[i]) +
                                        " apart, most others " + length_text(step_) +
                                        ". Distances there are not true.");
        }
    }

    void find_tilt() {
        const auto &from = at_place_.front().front()->position, &to = at_place_.back().front()->position;
        const double length = std::hypot(to[0] - from[0], to[1] - from[1], to[2] - from[2]);
        const double straight = places_.back() - places_.front();
        if (length > straight * 1.001)
            series_.notes.push_back("The slices are not stacked along their normal (a tilted gantry): angles "
                                    "between the planes are not true.");
    }

    void describe() {
        const Header& first = *at_place_.front().front();
        VolumeGeometry& geometry = series_.geometry;
        for (std::size_t i = 0; i < 3; ++i) {
            geometry.origin[i] = first.position[i];
            geometry.direction[0][i] = first.axes[i];
            geometry.direction[1][i] = first.axes[i + 3];
        }
        geometry.direction[2] = normal_;
        geometry.oriented = true;
        const bool known = first.spacing.size() == 2 && first.spacing[0] > 0 && first.spacing[1] > 0;
        // The file says the step between rows first, which is that along y.
        geometry.spacing = {known ? first.spacing[1] : step_, known ? first.spacing[0] : step_, step_};
        for (const Header& slice : slices_)
            series_.rescaled_apart |= slice.slope != first.slope || slice.intercept != first.intercept;
    }

    std::vector<Header> slices_;
    Vector3 normal_{};
    std::vector<double> places_; // ascending, along the normal
    std::vector<std::vector<const Header*>> at_place_;
    double step_ = 1;
    DicomSeries series_;
};

// Slices that can be stacked: of one series, size and orientation.
std::string stack_key(const Header& header) {
    std::string key =
        header.series + "|" + std::to_string(header.size[0]) + "x" + std::to_string(header.size[1]);
    for (const double value : header.axes)
        key += "|" + std::to_string(std::lround(value * 1e3));
    return key;
}

std::vector<DicomSeries> stack(std::vector<Header> headers) {
    std::map<std::string, std::vector<Header>> stacks;
    for (Header& header : headers)
        if (header.is_slice())
            stacks[stack_key(header)].push_back(std::move(header));
    std::vector<DicomSeries> found;
    for (auto& [key, slices] : stacks)
        if (slices.size() > 1)
            if (auto series = SeriesBuilder(std::move(slices)).build())
                found.push_back(std::move(*series));
    return found;
}

// False when reading the header ends the process.
bool survives(const fs::path& path) {
    const pid_t child = ::fork();
    if (child < 0)
        return true; // no process to try it with
    if (child == 0) {
        read_header(path);
        ::_exit(0);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status);
}

template<class Wanted>
std::vector<Header> headers_in(const fs::path& folder, Pace pace, Wanted wanted) {
    std::vector<Header> headers;
    std::error_code problem;
    for (fs::directory_iterator it(folder, fs::directory_options::skip_permission_denied, problem), end;
         !problem && it != end; it.increment(problem)) {
        std::error_code ignored;
        if (!named_like_dicom(it->path()) || !it->is_regular_file(ignored))
            continue;
        if (pace == Pace::Careful && !survives(it->path()))
            continue;
        if (auto header = read_header(it->path()); header && wanted(*header))
            headers.push_back(std::move(*header));
    }
    return headers;
}

bool holds(const DicomSeries& series, const fs::path& path) {
    for (const auto& frame : series.slices)
        if (std::find(frame.begin(), frame.end(), path) != frame.end())
            return true;
    return false;
}

// A series read slice by slice; the slices used last are kept.
class SeriesVolume final : public PlaneReader {
public:
    explicit SeriesVolume(DicomSeries series) : series_(std::move(series)) {
        info_ = open_itk_volume(series_.first(), VolumeFormat::Dicom)->info();
        info_.depth = static_cast<int>(series_.slices.front().size());
        info_.frames = static_cast<int>(series_.slices.size());
        if (series_.rescaled_apart)
            info_.type = PixelType::Float32;
        const Vector3& spacing = series_.geometry.spacing;
        info_.pixel_size = {spacing[0], spacing[1], spacing[2], series_.geometry.unit};
    }

    const ImageInfo& info() const override { return info_; }
    const VolumeGeometry& geometry() const override { return series_.geometry; }
    std::vector<std::string> notes() const override { return series_.notes; }
    Image read(const Region& region, int z, int t) override { return plane(z, t).cropped(region); }

private:
    Image plane(int z, int t) {
        const std::pair key{t, z};
        for (auto it = kept_.begin(); it != kept_.end(); ++it)
            if (it->first == key) {
                kept_.splice(kept_.begin(), kept_, it);
                return kept_.front().second;
            }
        kept_.emplace_front(key,
                            decode(series_.slices[static_cast<std::size_t>(t)][static_cast<std::size_t>(z)]));
        while (kept_.size() > 1 && kept_.size() * kept_.front().second.bytes() > planes_budget)
            kept_.pop_back();
        return kept_.front().second;
    }

    Image decode(const fs::path& path) const {
        const auto slice = open_itk_volume(path, VolumeFormat::Dicom);
        const ImageInfo& info = slice->info();
        if (info.width != info_.width || info.height != info_.height || info.channels != info_.channels)
            throw file_error(ErrorCode::Conflict, path,
                             "has another size than the other slices of its series. Was it replaced?");
        Image image = slice->read({0, 0, info.width, info.height}, 0, 0);
        // Slices may be stored with different bit depths.
        return info.type == info_.type ? image : image.converted(info_.type);
    }

    DicomSeries series_;
    ImageInfo info_;
    std::list<std::pair<std::pair<int, int>, Image>> kept_; // the one used last in front
};

} // namespace

std::vector<DicomSeries> dicom_series_in(const fs::path& folder, Pace pace) {
    return stack(headers_in(folder, pace, [](const Header&) { return true; }));
}

std::unique_ptr<PlaneReader> open_dicom(const fs::path& path, Pace pace) {
    const auto own = read_header(path);
    if (own && own->is_slice()) {
        const std::string key = stack_key(*own);
        const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
        auto found =
            stack(headers_in(folder, pace, [&](const Header& header) { return stack_key(header) == key; }));
        for (DicomSeries& series : found)
            if (holds(series, folder / path.filename()))
                return std::make_unique<SeriesVolume>(std::move(series));
    }
    return open_itk_volume(path, VolumeFormat::Dicom);
}

} // namespace eyepiece::volumes
