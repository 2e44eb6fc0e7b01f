// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/image.h"
#include "core/formats/pyramid.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

namespace eyepiece {

// Decodes a picture from its top down, which is all that PNG and JPEG allow. Not thread-safe.
class RowDecoder {
public:
    virtual ~RowDecoder() = default;
    virtual const ImageInfo& info() const = 0;
    // The next `count` rows with all channels. The last ones come only when the file is whole to its end.
    // Throws Error(BadInput).
    virtual Image next(std::int64_t count) = 0;
};

// A picture too large to be held decoded, read by region: the rows used last are kept, and a region above
// them starts the decoding anew. So reading downwards is quick and takes little memory; to jump about in it,
// a pyramid is made once (pyramid_file.h). Coarser levels are made in one pass and kept.
class RowSource final : public ImageSource {
public:
    using Open = std::function<std::unique_ptr<RowDecoder>()>;
    RowSource(std::filesystem::path path, ImageInfo info, Open open);

    const ImageInfo& info() const override { return info_; }
    Image read(const Region& region, int level, int z, int t) override;

private:
    Image read_finest(const Region& region);
    Image band(std::int64_t index);

    std::filesystem::path path_;
    ImageInfo info_;
    Open open_;
    std::int64_t band_rows_ = 1;
    std::size_t budget_; // bytes of bands kept
    std::mutex mutex_;   // guards what follows
    std::unique_ptr<RowDecoder> decoder_;
    std::int64_t next_band_ = 0;                     // that the decoder gives
    std::list<std::pair<std::int64_t, Image>> kept_; // by index, the one used last in front
    std::size_t kept_bytes_ = 0;
    Overviews overviews_;
};

} // namespace eyepiece
