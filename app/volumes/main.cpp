// SPDX-License-Identifier: GPL-3.0-or-later
// The reader of volumes: core/formats/volume_protocol.h says what is asked and answered on its standard input
// and output. It ends with its input.
#include "app/volumes/dicom_series.h"
#include "core/formats/file_errors.h"
#include "core/formats/volume_protocol.h"

#include <array>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

namespace {

using namespace eyepiece;

// A hostile header must not take the machine's memory: an allocation beyond this fails and is told.
constexpr rlim_t memory_limit = rlim_t{8} << 30;

class Reader {
public:
    // The bytes that follow the answer are left in `pixels`.
    Json answer(const Json& request, Image& pixels) {
        const auto pace = request.value("careful", false) ? volumes::Pace::Careful : volumes::Pace::Quick;
        if (request.contains("open"))
            return open(path_from_hex(request["open"].get<std::string>()), pace);
        if (request.contains("series"))
            return series(path_from_hex(request["series"].get<std::string>()), pace);
        const auto at = request.at("read").get<std::array<std::int64_t, 6>>();
        pixels = read({at[0], at[1], at[2], at[3]}, at[4], at[5]);
        return {{"bytes", pixels.bytes()}};
    }

private:
    Json open(const std::filesystem::path& path, volumes::Pace pace) {
        const VolumeFormat format = volume_format(path);
        file_ = format == VolumeFormat::Dicom ? volumes::open_dicom(path, pace)
                                              : volumes::open_itk_volume(path, format);
        Json json = volume_to_json(file_->info(), file_->geometry());
        json["notes"] = file_->notes();
        return json;
    }

    static Json series(const std::filesystem::path& folder, volumes::Pace pace) {
        Json list = Json::array();
        for (const volumes::DicomSeries& found : volumes::dicom_series_in(folder, pace)) {
            Json files = Json::array();
            for (const auto& frame : found.slices)
                for (const auto& slice : frame)
                    files.push_back(path_to_hex(slice));
            for (const auto& slice : found.left_out)
                files.push_back(path_to_hex(slice));
            list.push_back(
                {{"first", path_to_hex(found.first())}, {"files", std::move(files)}, {"notes", found.notes}});
        }
        return {{"series", std::move(list)}};
    }

    Image read(const Region& region, std::int64_t z, std::int64_t t) {
        if (!file_)
            throw Error(ErrorCode::Internal, "The reader of volumes was asked for pixels before a file.");
        const ImageInfo& info = file_->info();
        if (region.empty() || region.intersected({0, 0, info.width, info.height}) != region || z < 0 ||
            z >= info.depth || t < 0 || t >= info.frames)
            throw Error(ErrorCode::Internal,
                        "The reader of volumes was asked for pixels that are not there.");
        return file_->read(region, static_cast<int>(z), static_cast<int>(t));
    }

    std::unique_ptr<volumes::PlaneReader> file_;
};

Json error_json(ErrorCode code, const std::string& message, const std::string& details) {
    return {{"error", {{"code", to_string(code)}, {"message", message}, {"details", details}}}};
}

} // namespace

int main() {
#if !defined(__SANITIZE_ADDRESS__) // it maps terabytes
    const rlimit limit{memory_limit, memory_limit};
    setrlimit(RLIMIT_AS, &limit);
#endif
    // Some decoders write to standard output: it is kept for the answers.
    std::FILE* out = fdopen(dup(STDOUT_FILENO), "wb");
    if (!out || !std::freopen("/dev/null", "w", stdout))
        return 1;
    Reader reader;
    for (std::string line; std::getline(std::cin, line);) {
        Image pixels;
        Json answer;
        try {
            answer = reader.answer(Json::parse(line), pixels);
        } catch (const Error& error) {
            answer = error_json(error.code(), error.what(), error.details());
        } catch (const std::bad_alloc&) {
            answer =
                error_json(ErrorCode::Memory, "The volume is too large for the memory that is free.", {});
        } catch (const std::exception& error) {
            answer = error_json(ErrorCode::Internal, "The reader of volumes failed.", error.what());
        }
        const std::string text = answer.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
        std::fwrite(text.data(), 1, text.size(), out);
        if (answer.contains("bytes"))
            for (int channel = 0; channel < pixels.channels(); ++channel)
                std::fwrite(pixels.plane(channel).data(), 1, pixels.plane_bytes(), out);
        if (std::fflush(out) != 0)
            return 1;
    }
    return 0;
}
