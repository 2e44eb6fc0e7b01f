// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/selection.h"

#include <algorithm>

namespace eyepiece {

Selection::Selection(QObject* parent) : QObject(parent) {}

void Selection::set_item(ItemId item) {
    if (item == 0)
        set_items({}, 0);
    else
        set_items({item}, item);
}

void Selection::set_items(std::vector<ItemId> items, ItemId current) {
    if (std::find(items.begin(), items.end(), current) == items.end())
        current = items.empty() ? 0 : items.front();
    const bool list_changed = items != items_;
    const bool current_changed = current != item_;
    items_ = std::move(items);
    item_ = current;
    if (current_changed) { // object ids and regions are the old item's
        set_object(0);
        set_region({});
        Q_EMIT item_changed(item_);
    }
    if (list_changed)
        Q_EMIT items_changed();
}

void Selection::set_label_class(ClassId id) {
    if (class_ != id)
        Q_EMIT label_class_changed(class_ = id);
}

void Selection::set_object(ObjectId id) {
    if (object_ != id)
        Q_EMIT object_changed(object_ = id);
}

void Selection::set_run(const QString& id) {
    if (run_ != id)
        Q_EMIT run_changed(run_ = id);
}

void Selection::set_layer(const QString& name) {
    if (layer_ != name)
        Q_EMIT layer_changed(layer_ = name);
}

void Selection::set_region(const Region& region) {
    if (!(region_ == region))
        Q_EMIT region_changed(region_ = region);
}

void Selection::clear() {
    set_items({}, 0);
    set_label_class(-1);
    set_run({});
    set_layer({});
}

} // namespace eyepiece
