// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/browser/thumbnail_cache.h"

#include "core/intake/thumbnails.h"

#include <QThreadPool>
#include <exception>
#include <mutex>

namespace eyepiece {

namespace {
constexpr int most_kept = 2000; // some 25 MB at twice the size
constexpr int most_asked = 200; // several screens full
constexpr int threads = 2;
} // namespace

// What the threads hold on to: it outlives the cache until the last of them is done.
struct ThumbnailCache::Shared {
    QThreadPool pool;
    std::mutex mutex;
    ThumbnailCache* owner = nullptr; // null once it is being destroyed
    Reader reader;
    quint64 generation = 0; // a picture of an earlier reader does not count
};

ThumbnailCache::ThumbnailCache(QObject* parent)
    : QObject(parent), shared_(std::make_shared<Shared>()), pixmaps_(most_kept) {
    shared_->owner = this;
    shared_->pool.setMaxThreadCount(threads);
}

ThumbnailCache::~ThumbnailCache() {
    {
        std::lock_guard lock(shared_->mutex);
        shared_->owner = nullptr;
    }
    shared_->pool.waitForDone();
}

void ThumbnailCache::set_reader(Reader reader) {
    {
        std::lock_guard lock(shared_->mutex);
        shared_->reader = std::move(reader);
        ++shared_->generation;
    }
    shared_->pool
        .waitForDone(); // of the few in hand; afterwards nothing uses what the old reader referred to
    pixmaps_.clear();
    shown_hash_.clear();
    none_.clear();
    asked_.clear();
    asked_ids_.clear();
}

void ThumbnailCache::forget(ItemId id) {
    pixmaps_.remove(id);
    none_.remove(id);
}

QPixmap ThumbnailCache::pixmap(const Item& item) {
    const bool same = shown_hash_.value(item.id) == item.hash;
    if (same)
        if (const QPixmap* found = pixmaps_.object(item.id))
            return *found;
    if (item.state == ItemState::Missing || item.state == ItemState::Broken ||
        (same && none_.contains(item.id)) || asked_ids_.contains(item.id))
        return {};
    shown_hash_.insert(item.id, item.hash);
    asked_.push_back(item);
    asked_ids_.insert(item.id);
    if (asked_.size() > most_asked) {
        asked_ids_.remove(asked_.front().id);
        asked_.erase(asked_.begin());
    }
    start_next();
    return {};
}

void ThumbnailCache::start_next() {
    while (in_hand_ < threads && !asked_.empty()) {
        Item item = std::move(asked_.back());
        asked_.pop_back();
        Reader reader;
        quint64 generation = 0;
        {
            std::lock_guard lock(shared_->mutex);
            reader = shared_->reader;
            generation = shared_->generation;
        }
        if (!reader) {
            asked_ids_.remove(item.id);
            continue;
        }
        ++in_hand_;
        shared_->pool.start(
            [shared = shared_, reader = std::move(reader), generation, item = std::move(item)] {
                QImage image;
                try {
                    image = reader(item);
                } catch (const std::exception&) {
                    // An item without a picture shows an empty frame; why it cannot be read is said by its
                    // state.
                }
                std::lock_guard lock(shared->mutex);
                if (!shared->owner)
                    return;
                QMetaObject::invokeMethod(
                    shared->owner,
                    [owner = shared->owner, shared, image, generation, id = item.id] {
                        --owner->in_hand_;
                        bool current = false;
                        {
                            std::lock_guard again(shared->mutex);
                            current = generation == shared->generation;
                        }
                        if (current) {
                            owner->asked_ids_.remove(id);
                            if (image.isNull())
                                owner->none_.insert(id);
                            else
                                owner->pixmaps_.insert(id, new QPixmap(QPixmap::fromImage(image)));
                            Q_EMIT owner->arrived(id);
                        }
                        owner->start_next();
                    },
                    Qt::QueuedConnection);
            });
    }
}

QImage to_qimage(const Image& rgb) {
    QImage image(static_cast<int>(rgb.width()), static_cast<int>(rgb.height()), QImage::Format_RGB32);
    const auto red = rgb.plane_as<std::uint8_t>(0), green = rgb.plane_as<std::uint8_t>(1),
               blue = rgb.plane_as<std::uint8_t>(2);
    std::size_t at = 0;
    for (int y = 0; y < image.height(); ++y) {
        auto* row = reinterpret_cast<QRgb*>(image.scanLine(y));
        for (int x = 0; x < image.width(); ++x, ++at)
            row[x] = qRgb(red[at], green[at], blue[at]);
    }
    return image;
}

ThumbnailCache::Reader project_thumbnails(const std::filesystem::path& project_folder) {
    return [pictures = ThumbnailFolder(project_folder)](const Item& item) {
        return to_qimage(pictures.get(item));
    };
}

} // namespace eyepiece
