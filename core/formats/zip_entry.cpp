// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/zip_entry.h"

#include "core/formats/file_errors.h"

#include <algorithm>

namespace eyepiece {
namespace {

class ZipEntry final : public ByteSource {
public:
    ZipEntry(zip_t* archive, std::uint64_t index, const std::filesystem::path& path) : ByteSource(path) {
        zip_stat_t stat;
        zip_stat_init(&stat);
        file_.reset(zip_fopen_index(archive, index, 0));
        if (!file_ || zip_stat_index(archive, index, 0, &stat) != 0 || !(stat.valid & ZIP_STAT_SIZE) ||
            !(stat.valid & ZIP_STAT_COMP_SIZE))
            throw file_error(ErrorCode::BadInput, path_,
                             "is damaged: an array in it cannot be opened. Copy or download it again.",
                             zip_strerror(archive));
        size_ = stat.size;
        // A zip bomb claims what it cannot hold; deflate packs no tighter than 1 to 1032.
        at_most_ = std::min<std::uintmax_t>(size_, stat.comp_size * 1032 + 1024);
    }

    std::size_t read(std::span<char> out) override {
        std::size_t done = 0;
        while (done < out.size()) {
            const zip_int64_t got = zip_fread(file_.get(), out.data() + done, out.size() - done);
            if (got < 0)
                throw file_error(ErrorCode::BadInput, path_,
                                 "is damaged: an array in it cannot be unpacked. Copy or download it again.",
                                 zip_file_strerror(file_.get()));
            if (got == 0)
                break;
            done += static_cast<std::size_t>(got);
        }
        read_ += done;
        return done;
    }
    double fraction() const override {
        return size_ ? static_cast<double>(read_) / static_cast<double>(size_) : 1.0;
    }
    std::uintmax_t size() const override { return size_; }
    std::uintmax_t at_most() const override { return at_most_; }

private:
    std::unique_ptr<zip_file_t, CloseZip> file_;
    std::uintmax_t size_ = 0, at_most_ = 0, read_ = 0;
};

} // namespace

std::unique_ptr<ByteSource> open_zip_entry(zip_t* archive, std::uint64_t index,
                                           const std::filesystem::path& path) {
    return std::make_unique<ZipEntry>(archive, index, path);
}

} // namespace eyepiece
