// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/byte_source.h"

#include "core/data/table.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <vector>
#include <zlib.h>

namespace eyepiece {
namespace {

class PlainSource final : public ByteSource {
public:
    explicit PlainSource(const std::filesystem::path& path)
        : ByteSource(path), size_(readable_size(path)), file_(open_for_reading(path)) {}

    std::size_t read(std::span<char> out) override {
        const std::size_t got = std::fread(out.data(), 1, out.size(), file_.get());
        if (got < out.size() && std::ferror(file_.get()))
            throw file_error(ErrorCode::Storage, path_,
                             "could not be read to its end: is the disk still there?");
        read_ += got;
        return got;
    }
    double fraction() const override { return static_cast<double>(read_) / static_cast<double>(size_); }
    std::uintmax_t size() const override { return size_; }

private:
    std::uintmax_t size_ = 0, read_ = 0;
    File file_;
};

class GzipSource final : public ByteSource {
public:
    explicit GzipSource(const std::filesystem::path& path)
        : ByteSource(path), packed_(path), input_(1 << 16) {
        // 15 + 16: the largest window, and a gzip head instead of zlib's.
        if (inflateInit2(&stream_, 15 + 16) != Z_OK)
            throw Error(ErrorCode::Memory, "There is not enough memory to unpack a file.");
    }
    ~GzipSource() override { inflateEnd(&stream_); }
    GzipSource(const GzipSource&) = delete;
    GzipSource& operator=(const GzipSource&) = delete;

    std::size_t read(std::span<char> out) override {
        std::size_t done = 0;
        while (done < out.size() && !ended_) {
            if (stream_.avail_in == 0) {
                const std::size_t got = packed_.read(input_);
                stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
                stream_.avail_in = static_cast<uInt>(got);
                if (got == 0) {
                    if (!between_members_)
                        throw file_error(
                            ErrorCode::BadInput, path_,
                            "is cut short: the packed data end in the middle. Copy or download it again.");
                    ended_ = true;
                    break;
                }
            }
            if (between_members_) {
                // Another member may follow, or zeros that pad the end.
                if (*stream_.next_in == 0) {
                    ++stream_.next_in;
                    --stream_.avail_in;
                    continue;
                }
                inflateReset(&stream_);
                between_members_ = false;
            }
            const std::size_t wanted = std::min<std::size_t>(out.size() - done, 1u << 30);
            stream_.next_out = reinterpret_cast<Bytef*>(out.data() + done);
            stream_.avail_out = static_cast<uInt>(wanted);
            const int state = inflate(&stream_, Z_NO_FLUSH);
            done += wanted - stream_.avail_out;
            if (state == Z_STREAM_END)
                between_members_ = true;
            else if (state != Z_OK && state != Z_BUF_ERROR)
                throw file_error(ErrorCode::BadInput, path_,
                                 "is damaged: its packed data cannot be unpacked. Copy or download it again.",
                                 stream_.msg ? stream_.msg : "");
        }
        return done;
    }
    double fraction() const override { return packed_.fraction(); }
    std::uintmax_t size() const override { return 0; }
    std::uintmax_t at_most() const override { return packed_.size() * 1032; }

private:
    PlainSource packed_;
    std::vector<char> input_;
    z_stream stream_{};
    bool between_members_ = false, ended_ = false;
};

bool is_gzip(const std::filesystem::path& path) {
    const File file = open_for_reading(path);
    std::array<unsigned char, 2> magic{};
    return std::fread(magic.data(), 1, 2, file.get()) == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

} // namespace

ByteSource::~ByteSource() = default;

void ByteSource::read_all(std::span<char> out, const std::string& what) {
    std::size_t done = 0;
    while (done < out.size()) {
        const std::size_t got = read(out.subspan(done, std::min<std::size_t>(out.size() - done, 16u << 20)));
        if (got == 0)
            throw file_error(ErrorCode::BadInput, path_,
                             "is cut short: only " + std::to_string(done) + " of " +
                                 std::to_string(out.size()) + " bytes of " + what +
                                 " are there. Copy or download it again.");
        done += got;
    }
}

std::unique_ptr<ByteSource> open_bytes(const std::filesystem::path& path) {
    if (is_gzip(path))
        return std::make_unique<GzipSource>(path);
    return std::make_unique<PlainSource>(path);
}

std::string read_head(const std::filesystem::path& path, std::size_t count) {
    const auto source = open_bytes(path);
    std::string head(count, '\0');
    std::size_t done = 0;
    while (done < count) {
        const std::size_t got = source->read(std::span(head).subspan(done));
        if (got == 0)
            break;
        done += got;
    }
    head.resize(done);
    return head;
}

std::string memory_text(double bytes) {
    std::array<char, 32> buffer{};
    if (bytes < 1e9)
        std::snprintf(buffer.data(), buffer.size(), "%.0f MB", std::ceil(bytes / 1e6));
    else
        std::snprintf(buffer.data(), buffer.size(), "%.1f GB", bytes / 1e9);
    return buffer.data();
}

void require_memory(const std::filesystem::path& path, double bytes, std::size_t limit,
                    const std::string& advice) {
    const auto allowed = limit > 0 ? static_cast<double>(limit) : static_cast<double>(free_memory()) * 0.8;
    if (bytes > allowed)
        throw file_error(ErrorCode::Memory, path,
                         "would take " + memory_text(bytes) + " of memory, but only " + memory_text(allowed) +
                             " may be used: " + advice + ".");
}

std::string plain_name(const std::filesystem::path& path) {
    std::string name = lower(path.filename().string());
    if (name.ends_with(".gz"))
        name.resize(name.size() - 3);
    return name;
}

bool name_ends(const std::filesystem::path& path, std::initializer_list<std::string_view> endings) {
    const std::string name = plain_name(path);
    return std::any_of(endings.begin(), endings.end(),
                       [&](std::string_view ending) { return name.ends_with(ending); });
}

} // namespace eyepiece
