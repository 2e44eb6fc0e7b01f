// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/labels.h"
#include "widgets/table/latest_work.h"

#include <QCache>
#include <QObject>
#include <QPair>
#include <QPixmap>
#include <memory>

namespace eyepiece {

class ItemLink;
class ScatterView;
class WorkbenchContext;

// Shows beside what the points say of the row below the pointer what it is a row of: the image in small, or
// the object with its outline. Pictures are made on another thread, of the row that the pointer is at now and
// no other; until one is there its place is kept free. Lives on the window's thread.
class RowPictures : public QObject {
    Q_OBJECT
public:
    RowPictures(WorkbenchContext& context, const ItemLink& link, ScatterView& view,
                QObject* parent = nullptr);
    ~RowPictures() override;
    // Null: the row is of nothing. An empty square: it is being made, and pictures_changed() follows.
    QPixmap picture(std::size_t row);

Q_SIGNALS:
    void pictures_changed(); // made, or forgotten, for what it is of has changed

private:
    class Maker;
    using Key = QPair<ItemId, ObjectId>; // object 0: the whole image
    void start(const Key& key);
    void forget();
    void forget_item(ItemId item);

    WorkbenchContext& context_;
    const ItemLink& link_;
    ScatterView& view_;
    std::shared_ptr<Maker> maker_; // null: no project
    QCache<Key, QPixmap> pictures_;
    Key wanted_; // in the making; item 0: none
    LatestWork making_;
};

} // namespace eyepiece
