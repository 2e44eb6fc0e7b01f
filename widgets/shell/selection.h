// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/label_map.h"
#include "core/project/changes.h"

#include <QObject>
#include <QString>
#include <vector>

namespace eyepiece {

// What the user is looking at, one for all panels: who sets it and who shows it need not know each other.
// Setters tell only when something changed. Lives on the window's thread. It is emptied when a project
// closes.
class EYEPIECE_EXPORT Selection : public QObject {
    Q_OBJECT
public:
    explicit Selection(QObject* parent = nullptr);

    // The current item, the one on the canvas; 0: none. It is always one of items().
    ItemId item() const { return item_; }
    // All selected items in the order they were selected.
    const std::vector<ItemId>& items() const { return items_; }
    ClassId label_class() const { return class_; } // what tools paint; -1: none
    ObjectId object() const { return object_; }    // of the current item; 0: none
    QString run() const { return run_; }           // id of the run looked at; empty: none
    QString layer() const { return layer_; }       // name of the canvas layer worked on
    Region region() const { return region_; }      // of the current item; empty: the whole image

    void set_item(ItemId item); // selects this one alone; forgets object and region
    void set_items(std::vector<ItemId> items, ItemId current = 0); // current: 0 takes the first
    void set_label_class(ClassId id);
    void set_object(ObjectId id);
    void set_run(const QString& id);
    void set_layer(const QString& name);
    void set_region(const Region& region);
    void clear();

Q_SIGNALS:
    void item_changed(eyepiece::ItemId item);
    void items_changed();
    void label_class_changed(eyepiece::ClassId id);
    void object_changed(eyepiece::ObjectId id);
    void run_changed(const QString& id);
    void layer_changed(const QString& name);
    void region_changed(const eyepiece::Region& region);

private:
    ItemId item_ = 0;
    std::vector<ItemId> items_;
    ClassId class_ = -1;
    ObjectId object_ = 0;
    QString run_, layer_;
    Region region_;
};

} // namespace eyepiece
