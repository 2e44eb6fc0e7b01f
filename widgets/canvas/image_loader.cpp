// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/image_loader.h"

#include "core/base/error.h"

#include <QMetaObject>
#include <algorithm>
#include <atomic>
#include <cstring>

namespace eyepiece {

namespace {

constexpr std::int64_t small_image = 16'000'000; // px: looked at as a whole, and prefetched with all pixels
constexpr std::size_t least_budget = 96u << 20;  // bytes of one image's blocks

std::uint64_t next_serial() {
    static std::atomic<std::uint64_t> serial{0};
    return ++serial;
}

// Enough pixels to know the channels' values: a coarse picture of the whole, or, where that would mean
// decoding a large file, nine blocks spread over it. Of a stack its middle plane: the first is often empty.
Image sample_of(PixelBlocks& blocks) {
    const ImageInfo& info = blocks.info();
    int level = 0;
    while (level + 1 < blocks.levels() &&
           std::max(blocks.extent(level).width, blocks.extent(level).height) > 1024)
        ++level;
    if (info.width * info.height <= small_image || info.levels > level)
        return blocks.read(blocks.extent(level), level, info.depth / 2);
    constexpr std::int64_t side = 256;
    Image out;
    for (int row = 0; row < 3; ++row)
        for (int column = 0; column < 3; ++column) {
            const Region place{(info.width - side) * (2 * column + 1) / 6,
                               (info.height - side) * (2 * row + 1) / 6, std::min(side, info.width),
                               std::min(side, info.height)};
            const Image part = blocks.read(place, 0, info.depth / 2);
            if (out.empty())
                out = Image::create(part.type(), part.channels(), part.height() * 9, part.width());
            for (int c = 0; c < part.channels(); ++c)
                std::memcpy(out.writable_plane(c).data() +
                                static_cast<std::size_t>(row * 3 + column) * part.plane_bytes(),
                            part.plane(c).data(), part.plane_bytes());
        }
    return out;
}

} // namespace

ImageLoader::ImageLoader(Opener opener, std::size_t budget_bytes, QObject* parent)
    : QObject(parent), opener_(std::move(opener)), budget_(budget_bytes) {
    // Only one of them reads ahead: the other is free for the image that the user asks for.
    threads_.emplace_back([this](std::stop_token stop) { work(std::move(stop), false); });
    threads_.emplace_back([this](std::stop_token stop) { work(std::move(stop), true); });
}

ImageLoader::~ImageLoader() {
    for (auto& thread : threads_)
        thread.request_stop();
    threads_.clear();
}

void ImageLoader::open(const QString& path) {
    asked_ = path;
    for (auto& image : kept_)
        if (image->path == path) {
            const auto found = image;
            keep(found);
            Q_EMIT opened(found);
            return;
        }
    {
        const std::lock_guard lock(mutex_);
        std::erase_if(later_, [&](const Wish& wish) { return wish.path == path; });
        urgent_.clear();
        if (!path.isEmpty() && std::find(in_hand_.begin(), in_hand_.end(), path) == in_hand_.end())
            urgent_.push_back({path, nullptr, true});
    }
    wake_.notify_all();
}

void ImageLoader::add(const QString& name, std::shared_ptr<ImageSource> source) {
    forget(name);
    asked_ = name;
    {
        const std::lock_guard lock(mutex_);
        urgent_.clear();
        urgent_.push_back({name, std::move(source), true});
    }
    wake_.notify_all();
}

void ImageLoader::prefetch(const QStringList& paths) {
    {
        const std::lock_guard lock(mutex_);
        later_.clear();
        for (const QString& path : paths)
            if (!path.isEmpty() && !holds(path) &&
                std::find(in_hand_.begin(), in_hand_.end(), path) == in_hand_.end())
                later_.push_back({path, nullptr, false});
    }
    wake_.notify_all();
}

void ImageLoader::forget(const QString& path) {
    std::erase_if(kept_, [&](const auto& image) { return image->path == path; });
}

bool ImageLoader::holds(const QString& path) const {
    return std::any_of(kept_.begin(), kept_.end(), [&](const auto& image) { return image->path == path; });
}

void ImageLoader::work(std::stop_token stop, bool prefetches) {
    while (!stop.stop_requested()) {
        std::unique_lock lock(mutex_);
        if (!wake_.wait(lock, stop, [&] { return !urgent_.empty() || (prefetches && !later_.empty()); }))
            return;
        auto& queue = urgent_.empty() ? later_ : urgent_;
        const Wish wish = queue.front();
        queue.pop_front();
        in_hand_.push_back(wish.path);
        lock.unlock();
        std::shared_ptr<OpenImage> image;
        QString problem;
        try {
            image = load(wish);
        } catch (const std::exception& error) {
            problem = QString::fromUtf8(error.what());
        }
        lock.lock();
        std::erase(in_hand_, wish.path);
        lock.unlock();
        QMetaObject::invokeMethod(
            this, [this, path = wish.path, image, problem] { deliver(path, image, problem); },
            Qt::QueuedConnection);
    }
}

std::shared_ptr<OpenImage> ImageLoader::load(const Wish& wish) const {
    auto source = wish.source ? wish.source : opener_(wish.path);
    if (source->info().width <= 0 || source->info().height <= 0)
        throw Error(ErrorCode::BadInput, "The image " + wish.path.toStdString() + " has no pixels.");
    auto image = std::make_shared<OpenImage>();
    image->serial = next_serial();
    image->path = wish.path;
    image->blocks = std::make_shared<PixelBlocks>(std::move(source), std::max(budget_ * 3 / 4, least_budget));
    const Image sample = sample_of(*image->blocks);
    for (int c = 0; c < sample.channels(); ++c)
        image->statistics.push_back(channel_statistics(sample, c));
    image->displays = default_displays(image->info(), sample);
    // Of a picture in colour as it was taken, even when the setting is kept for the next one.
    if (image->info().rgb && !image->displays.empty()) {
        const ChannelContrast& shown = image->displays.front().contrast;
        image->statistics.front().automatic = {shown.low, shown.high};
    }
    const ImageInfo& info = image->info();
    if (!wish.urgent && info.width * info.height <= small_image)
        for (std::int64_t y = 0; y < info.height; y += PixelBlocks::block_size)
            image->blocks->read({0, y, info.width, 1}, 0);
    return image;
}

void ImageLoader::deliver(const QString& path, std::shared_ptr<OpenImage> image, const QString& problem) {
    if (image) {
        if (path == asked_ || kept_.empty())
            keep(image);
        else
            kept_.insert(std::next(kept_.begin()), image); // behind the one in use
    }
    if (path != asked_)
        return;
    if (image)
        Q_EMIT opened(image);
    else
        Q_EMIT failed(path, problem);
}

void ImageLoader::keep(std::shared_ptr<OpenImage> image) {
    std::erase(kept_, image);
    kept_.push_front(std::move(image));
    std::size_t bytes = 0, images = 0;
    for (auto it = kept_.begin(); it != kept_.end();) {
        bytes += (*it)->blocks->bytes();
        if (images >= 2 && (bytes > budget_ || images >= 8))
            it = kept_.erase(it);
        else
            ++it, ++images;
    }
}

} // namespace eyepiece
