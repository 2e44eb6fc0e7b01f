// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/browser/review_actions.h"

#include "widgets/browser/item_list_model.h"
#include "widgets/browser/label_statistics_dialog.h"
#include "widgets/canvas/label_editor.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/background_job.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"

#include <QAction>
#include <QInputDialog>
#include <QLineEdit>
#include <QLocale>
#include <algorithm>
#include <memory>

namespace eyepiece {

namespace {

constexpr std::size_t set_at_once = 50; // images: more would hold up the window

QString images_text(std::size_t count) {
    return count == 1 ? QObject::tr("1 image")
                      : QObject::tr("%1 images").arg(QLocale().toString(static_cast<qlonglong>(count)));
}

} // namespace

ReviewActions::ReviewActions(WorkbenchContext& context, ItemListModel& items, QObject* parent)
    : QObject(parent), context_(context), items_(items) {
    register_actions();
    const auto enable = [this] {
        const bool some = context_.session.is_open() && !context_.selection.items().empty();
        for (const char* id : {"review.submit", "review.accept", "review.send-back", "review.take-back"})
            context_.actions.find(QString::fromLatin1(id))->setEnabled(some);
        context_.actions.find(QStringLiteral("review.statistics"))->setEnabled(context_.session.is_open());
    };
    connect(&context_.session, &ProjectSession::opened, this, enable);
    connect(&context_.session, &ProjectSession::closed, this, enable);
    connect(&context_.selection, &Selection::items_changed, this, enable);
    connect(&context_.selection, &Selection::item_changed, this, enable);
    enable();
}

void ReviewActions::register_actions() {
    const auto add = [this](const char* id, const QString& title, const QString& help, const char* icon,
                            const char* keys, std::optional<ReviewStatus> status) {
        ActionSpec spec{QString::fromLatin1(id), title, help, QString::fromLatin1(icon),
                        QKeySequence(QString::fromLatin1(keys))};
        spec.handler = [this, status] {
            if (status)
                set(context_.selection.items(), *status);
            else
                ask_and_send_back(context_.selection.items());
        };
        if (status)
            spec.command = [this, status = *status]() -> QStringList {
                QStringList images;
                for (const ItemId id : context_.selection.items())
                    if (const Item* item = items_.item(id))
                        images << QString::fromStdString(item->name);
                if (images.isEmpty() || !context_.session.is_open())
                    return {};
                return arguments(context_.session.folder(), status, images);
            };
        context_.actions.add(std::move(spec), this);
    };
    add("review.submit", tr("Submit the labels"), tr("You are done with the selected images"), "submit", "F6",
        ReviewStatus::Submitted);
    add("review.accept", tr("Accept the labels"), tr("You have looked at them, and they are right"),
        "accepted", "F7", ReviewStatus::Accepted);
    add("review.send-back", tr("Send the labels back…"), tr("Something is to be mended; a word says what"),
        "send-back", "F8", {});
    ActionSpec statistics{
        QStringLiteral("review.statistics"), tr("Label statistics"),
        tr("Images by status, objects by class, their areas, and who did how much in how long a time"),
        QStringLiteral("chart")};
    statistics.handler = [this] {
        auto* dialog = new LabelStatisticsDialog(context_, window_);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->open();
    };
    statistics.command = [this]() -> QStringList {
        if (!context_.session.is_open())
            return {};
        return {QStringLiteral("info"), context_.session.folder(), QStringLiteral("--statistics")};
    };
    context_.actions.add(std::move(statistics), this);
    add("review.take-back", tr("Take the review back"), tr("The selected images are only labelled again"),
        "undo", "", ReviewStatus::Labelled);
}

QStringList ReviewActions::arguments(const QString& project, ReviewStatus status, const QStringList& images) {
    return QStringList{QStringLiteral("review"), project, QStringLiteral("--set"),
                       QString::fromUtf8(to_string(status))} +
           images;
}

void ReviewActions::ask_and_send_back(const std::vector<ItemId>& items) {
    if (items.empty() || !context_.session.is_open())
        return;
    auto* question = new QInputDialog(window_);
    question->setObjectName(QStringLiteral("review.word"));
    question->setAttribute(Qt::WA_DeleteOnClose);
    question->setWindowTitle(tr("Send the labels back"));
    question->setLabelText(tr("What is to be mended on %1?").arg(images_text(items.size())));
    question->setOkButtonText(tr("Send back"));
    if (auto* line = question->findChild<QLineEdit*>())
        line->setAccessibleName(tr("What is to be mended"));
    connect(question, &QInputDialog::textValueSelected, this,
            [this, items](const QString& word) { set(items, ReviewStatus::SentBack, word.trimmed()); });
    question->open();
}

void ReviewActions::set(const std::vector<ItemId>& items, ReviewStatus status, const QString& word) {
    if (items.empty() || !context_.session.is_open())
        return;
    if (!context_.labels.flush())
        return; // says so itself: what is not on disk cannot be submitted or accepted
    const std::string said = word.toStdString();
    if (items.size() <= set_at_once) {
        try {
            tell(context_.session.project().reviews().set(items, status, said), status, items);
        } catch (const std::exception& error) {
            context_.notices.show_error(error, QStringLiteral("review"));
        }
        return;
    }
    auto report = std::make_shared<ReviewReport>();
    context_.session.run(
        tr("Setting the status"),
        [report, items, status, said](Project& project, JobContext&) {
            *report = project.reviews().set(items, status, said);
        },
        [self = QPointer(this), report, status, items] {
            if (self)
                self->tell(*report, status, items);
        });
}

void ReviewActions::tell(const ReviewReport& report, ReviewStatus status, const std::vector<ItemId>& asked) {
    QString done;
    if (!report.changed.empty()) {
        const QString what = images_text(report.changed.size());
        done = status == ReviewStatus::Submitted  ? tr("%1 submitted.").arg(what)
               : status == ReviewStatus::Accepted ? tr("%1 accepted.").arg(what)
               : status == ReviewStatus::SentBack ? tr("%1 sent back.").arg(what)
                                                  : tr("%1 only labelled again.").arg(what);
    }
    QStringList words{done};
    if (report.already > 0)
        words << tr("%1 had this status already.").arg(images_text(static_cast<std::size_t>(report.already)));
    if (report.unlabelled > 0)
        words << tr("%1 left as new: label it, or say under “This image” that it is completely labelled "
                    "when there is nothing on it.")
                     .arg(images_text(static_cast<std::size_t>(report.unlabelled)));
    words.removeAll(QString());
    const bool all = report.already == 0 && report.unlabelled == 0;
    if (asked.size() == 1 && all && status != ReviewStatus::Labelled &&
        context_.selection.item() == asked.front()) {
        if (const ItemId next = next_for(status))
            context_.selection.set_item(next);
        else
            words << (status == ReviewStatus::Submitted ? tr("No other one waits to be labelled.")
                                                        : tr("No other one waits to be looked at."));
    }
    Notice notice{all ? Notice::Kind::Good : Notice::Kind::Look, words.join(' ')};
    notice.topic = QStringLiteral("review");
    context_.notices.show(notice);
}

ItemId ReviewActions::next_for(ReviewStatus done) const {
    const auto waits = [done](ReviewStatus status) {
        if (done == ReviewStatus::Submitted)
            return status == ReviewStatus::New || status == ReviewStatus::Labelled ||
                   status == ReviewStatus::SentBack;
        return status == ReviewStatus::Submitted;
    };
    const int rows = items_.rowCount(), now = std::max(0, items_.row(context_.selection.item()));
    for (int step = 1; step < rows; ++step) {
        const Item* item = items_.item_at((now + step) % rows);
        if (item && item->state != ItemState::Missing && item->state != ItemState::Broken &&
            waits(item->status))
            return item->id;
    }
    return 0;
}

} // namespace eyepiece
