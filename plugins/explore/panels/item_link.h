// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/explore/panels/row_items.h"
#include "widgets/table/latest_work.h"

#include <QObject>
#include <memory>

namespace eyepiece {

class Exploration;
class WorkbenchContext;

// Keeps the rows that are selected and the window's shared selection the same: choosing rows selects their
// items, a single row its object, too; choosing an item or object elsewhere selects its rows. Which row is of
// what is found out on a thread of its own, anew when the project's items change. Lives on the window's
// thread.
class ItemLink : public QObject {
    Q_OBJECT
public:
    ItemLink(WorkbenchContext& context, Exploration& exploration, QObject* parent = nullptr);

    bool linked() const { return rows_->any(); }
    bool of_objects() const { return !rows_->objects.empty(); }
    ItemId item(std::size_t row) const {
        return row < rows_->items.size() ? rows_->items[row] : 0;
    } // 0: none
    ObjectId object(std::size_t row) const { return row < rows_->objects.size() ? rows_->objects[row] : 0; }
    // Of the rows, each once, in their order.
    std::vector<ItemId> items(const std::vector<std::size_t>& rows) const;

Q_SIGNALS:
    void changed(); // which rows are of what

private:
    void find_items();
    void rows_selected();
    void items_selected();

    WorkbenchContext& context_;
    Exploration& exploration_;
    std::shared_ptr<const RowItems> rows_ = std::make_shared<const RowItems>();
    bool telling_ = false; // what is heard now is our own doing
    LatestWork finding_;
};

} // namespace eyepiece
