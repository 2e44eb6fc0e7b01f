// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/item_link.h"

#include "core/project/project.h"
#include "plugins/explore/panels/exploration.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"

#include <QScopedValueRollback>
#include <algorithm>
#include <unordered_set>

namespace eyepiece {

ItemLink::ItemLink(WorkbenchContext& context, Exploration& exploration, QObject* parent)
    : QObject(parent), context_(context), exploration_(exploration) {
    connect(&exploration_, &Exploration::adopted, this, &ItemLink::find_items);
    connect(&exploration_, &Exploration::closed, this, &ItemLink::find_items);
    connect(&exploration_.selection(), &RowSelection::changed, this, &ItemLink::rows_selected);
    ProjectSession& session = context_.session;
    connect(&session, &ProjectSession::opened, this, &ItemLink::find_items);
    connect(&session, &ProjectSession::closed, this, &ItemLink::find_items);
    connect(&session, &ProjectSession::items_added, this, &ItemLink::find_items);
    connect(&session, &ProjectSession::items_removed, this, &ItemLink::find_items);
    connect(&session, &ProjectSession::external_change, this, &ItemLink::find_items);
    const Selection& selection = context_.selection;
    connect(&selection, &Selection::items_changed, this, &ItemLink::items_selected);
    connect(&selection, &Selection::object_changed, this, &ItemLink::items_selected);
    connect(&finding_, &LatestWork::failed, this,
            [this](const QString& message) { context_.notices.show(Notice::Kind::Bad, message); });
}

std::vector<ItemId> ItemLink::items(const std::vector<std::size_t>& rows) const {
    std::vector<ItemId> items;
    std::unordered_set<ItemId> seen;
    for (const std::size_t row : rows)
        if (const ItemId one = item(row); one != 0 && seen.insert(one).second)
            items.push_back(one);
    return items;
}

void ItemLink::find_items() {
    finding_.drop();
    const auto adopt = [this](std::shared_ptr<const RowItems> rows) {
        rows_ = std::move(rows);
        Q_EMIT changed();
    };
    if (!exploration_.is_open() || !context_.session.is_open())
        return adopt(std::make_shared<const RowItems>());
    finding_.start(
        [this, adopt, table = exploration_.opened().table,
         made = !exploration_.record().source.made.is_null(),
         folder = std::filesystem::path(context_.session.folder().toStdString())](LatestWork::Stop) {
            const auto items = Project::open(folder, Project::Access::ReadOnly)->items().all();
            auto rows = std::make_shared<const RowItems>(row_items(table, items, made));
            return LatestWork::Finish([adopt, rows] { adopt(rows); });
        });
}

void ItemLink::rows_selected() {
    if (telling_ || !linked() || exploration_.selection().empty())
        return;
    const auto rows = exploration_.selection().selected();
    const auto chosen = items(rows);
    if (chosen.empty())
        return;
    const QScopedValueRollback<bool> ours(telling_, true);
    Selection& selection = context_.selection;
    selection.set_items(chosen, selection.item());
    selection.set_object(rows.size() == 1 ? object(rows.front()) : 0);
}

void ItemLink::items_selected() {
    if (telling_ || !linked())
        return;
    const Selection& selection = context_.selection;
    const std::unordered_set<ItemId> chosen(selection.items().begin(), selection.items().end());
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < rows_->items.size(); ++row)
        if (selection.object() != 0 && of_objects()
                ? rows_->items[row] == selection.item() && rows_->objects[row] == selection.object()
                : chosen.contains(rows_->items[row]))
            rows.push_back(row);
    if (rows.empty()) // nothing here is of it: what was selected stays
        return;
    const QScopedValueRollback<bool> ours(telling_, true);
    exploration_.selection().select(rows);
}

} // namespace eyepiece
