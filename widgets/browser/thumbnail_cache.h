// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/items.h"

#include <QCache>
#include <QHash>
#include <QImage>
#include <QObject>
#include <QPixmap>
#include <QSet>
#include <filesystem>
#include <functional>
#include <memory>

namespace eyepiece {

// Small pictures of the items, made on other threads when a view first asks for them; what was asked for last
// comes first, and what scrolled out of sight long ago is not made at all. Lives on the window's thread.
class EYEPIECE_EXPORT ThumbnailCache : public QObject {
    Q_OBJECT
public:
    // Reads one item's picture. Called on other threads, several at once; a null image or an exception when
    // there is none.
    using Reader = std::function<QImage(const Item& item)>;

    explicit ThumbnailCache(QObject* parent = nullptr);
    ~ThumbnailCache() override; // waits for the pictures in hand

    void set_reader(Reader reader);   // forgets all pictures; empty: none will come
    QPixmap pixmap(const Item& item); // null until it has arrived()
    void forget(ItemId id);
    bool busy() const { return in_hand_ > 0; }

    static constexpr int width = 44, height = 34; // as lists show them, in device-independent pixels

Q_SIGNALS:
    void arrived(eyepiece::ItemId id);

private:
    struct Shared;
    void start_next();

    std::shared_ptr<Shared> shared_;
    QCache<ItemId, QPixmap> pixmaps_;
    QHash<ItemId, std::string> shown_hash_;
    QSet<ItemId> none_;       // tried, and there is none
    std::vector<Item> asked_; // the last one is made first
    QSet<ItemId> asked_ids_;
    int in_hand_ = 0;
};

EYEPIECE_EXPORT QImage to_qimage(const Image& rgb); // of 8 bits, (3,H,W)

// Reads pictures of a project's items from its cache, which is filled where they are not there yet.
EYEPIECE_EXPORT ThumbnailCache::Reader project_thumbnails(const std::filesystem::path& project_folder);

} // namespace eyepiece
