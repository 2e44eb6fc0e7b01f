// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/selection_edits.h"

#include "core/project/project.h"
#include "plugins/explore/panels/exploration.h"
#include "plugins/explore/panels/item_link.h"
#include "plugins/explore/panels/table_maker.h"
#include "widgets/canvas/label_editor.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/background_job.h"
#include "widgets/shell/label_work.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"

#include <QLocale>
#include <algorithm>
#include <utility>

namespace eyepiece {

namespace {

constexpr std::size_t at_a_time = 1000; // objects between two looks at whether to go on

QString images(std::size_t count) {
    return count == 1 ? SelectionEdits::tr("1 image is")
                      : SelectionEdits::tr("%1 images are").arg(QLocale().toString(qulonglong(count)));
}

QString objects_are(std::int64_t count) {
    return count == 1 ? SelectionEdits::tr("1 object is")
                      : SelectionEdits::tr("%1 objects are").arg(QLocale().toString(qlonglong(count)));
}

QString used_for(const std::string& split) {
    return split == "train" ? SelectionEdits::tr("for training")
           : split == "val" ? SelectionEdits::tr("for validation")
                            : SelectionEdits::tr("for the test");
}

} // namespace

SelectionEdits::SelectionEdits(WorkbenchContext& context, Exploration& exploration, const ItemLink& link,
                               TableMaker& maker, QObject* parent)
    : QObject(parent), context_(context), exploration_(exploration), link_(link), maker_(maker) {
    connect(&exploration_.selection(), &RowSelection::changed, this, &SelectionEdits::changed);
    connect(&exploration_.selection(), &RowSelection::was_reset, this, &SelectionEdits::changed);
    connect(&link_, &ItemLink::changed, this, &SelectionEdits::changed);
    connect(&context_.session, &ProjectSession::closed, this, &SelectionEdits::ended); // its jobs are gone
}

template<class Id>
bool SelectionEdits::any_selected(Id id_of_row) const {
    const auto flags = exploration_.selection().snapshot();
    for (std::size_t row = 0; row < flags->size(); ++row)
        if ((*flags)[row] && id_of_row(row) != 0)
            return true;
    return false;
}

QString SelectionEdits::no_items() const {
    if (!context_.session.is_open())
        return tr("No project is open. Open the one whose images the rows are.");
    if (!link_.linked())
        return tr("No row of this table is an image of the project. Make a table of its images or objects "
                  "under “Open a table…”.");
    if (exploration_.selection().empty())
        return tr("No row is selected. Draw around points, or choose rows in the table.");
    if (!any_selected([this](std::size_t row) { return link_.item(row); }))
        return tr("None of the selected rows is an image of the project.");
    return running() ? tr("The last change is still being made.") : QString();
}

QString SelectionEdits::no_objects() const {
    if (const QString problem = no_items(); !problem.isEmpty())
        return problem;
    if (!link_.of_objects())
        return tr("The rows are whole images. Make a table of the labelled objects under “Open a table…”.");
    return any_selected([this](std::size_t row) { return link_.object(row); })
               ? QString()
               : tr("None of the selected rows is an object of the project.");
}

std::vector<ItemId> SelectionEdits::items() const {
    return link_.items(exploration_.selection().selected());
}

std::vector<ObjectKey> SelectionEdits::objects() const {
    std::vector<ObjectKey> keys;
    for (const std::size_t row : exploration_.selection().selected())
        if (link_.item(row) != 0 && link_.object(row) != 0)
            keys.push_back({link_.item(row), link_.object(row)});
    return keys;
}

void SelectionEdits::require(const QString& problem) const {
    if (!problem.isEmpty())
        throw Error(ErrorCode::NotFound, problem.toStdString());
}

void SelectionEdits::show_in_label() {
    require(no_items());
    const auto chosen = items();
    const auto keys = objects();
    Selection& selection = context_.selection;
    const bool known = std::find(chosen.begin(), chosen.end(), selection.item()) != chosen.end();
    // The object that is chosen there already stays, if it is one of these.
    const bool same = known && std::find(keys.begin(), keys.end(),
                                         ObjectKey{selection.item(), selection.object()}) != keys.end();
    if (!same) {
        selection.set_items(chosen,
                            keys.empty() ? (known ? selection.item() : chosen.front()) : keys.front().item);
        selection.set_object(keys.empty() ? 0 : keys.front().object);
    }
    context_.actions.trigger(ActionRegistry::stage_action(Stage::Label));
}

void SelectionEdits::use_for(const std::string& split) {
    require(no_items());
    run(tr("Changing the split"), [chosen = items(), split](Project& project, JobContext&) {
        const auto torn = [&] { return project.splits().record().value("torn-groups", std::int64_t{0}); };
        const std::int64_t before = torn();
        project.splits().assign(chosen, split);
        QString said = split.empty() ? tr("%1 used for nothing now.").arg(images(chosen.size()))
                                     : tr("%1 %2 now.").arg(images(chosen.size()), used_for(split));
        if (torn() > before)
            said += " " + tr("This takes groups apart: what is alike lies on more than one side.");
        return said;
    });
}

void SelectionEdits::give_class(const QString& name) {
    require(no_objects());
    const QString wanted = name.trimmed();
    if (wanted.isEmpty())
        throw Error(ErrorCode::BadInput, tr("A class needs a name.").toStdString());
    run(tr("Changing the class"), [keys = objects(), wanted](Project& project, JobContext& job) {
        std::int64_t there = 0;
        project.history().together("class of " + std::to_string(keys.size()) + " objects", [&] {
            const ClassId id = project.classes().find_or_add(wanted.toStdString());
            for (std::size_t first = 0; first < keys.size(); first += at_a_time) {
                job.throw_if_cancelled();
                job.progress(static_cast<double>(first) / static_cast<double>(keys.size()),
                             "Changing the class");
                there += project.labels().set_class(
                    std::span(keys).subspan(first, std::min(at_a_time, keys.size() - first)), id);
            }
        });
        const auto gone = static_cast<std::int64_t>(keys.size()) - there;
        return gone == 0 ? tr("%1 “%2” now.").arg(objects_are(there), wanted)
                         : tr("%1 “%2” now; %3 no longer there.")
                               .arg(objects_are(there), wanted, objects_are(gone));
    });
}

void SelectionEdits::run(const QString& title, Work work) {
    auto said = std::make_shared<QString>();
    running_ = run_on_labels(
        context_, title,
        [said, work = std::move(work)](Project& project, JobContext& job) { *said = work(project, job); },
        [this, said] { say(*said); });
    connect(running_, &BackgroundJob::ended, this, &SelectionEdits::ended);
    Q_EMIT changed();
}

void SelectionEdits::ended() {
    running_ = nullptr;
    Q_EMIT changed();
}

void SelectionEdits::say(const QString& done) {
    Notice notice{Notice::Kind::Good, done};
    notice.topic = QStringLiteral("explore.edit");
    if (maker_.can_make_again()) { // the table says what was so when it was made
        notice.action = tr("Make the table anew");
        notice.handler = [this] { maker_.make_again(); };
    }
    context_.notices.show(notice);
}

} // namespace eyepiece
