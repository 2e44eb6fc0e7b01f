// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/copy_to_next.h"

#include "core/project/project.h"
#include "widgets/canvas/label_editor.h"
#include "widgets/canvas/mark_editor.h"
#include "widgets/canvas/measure_text.h"
#include "widgets/shell/background_job.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"

#include <algorithm>
#include <memory>

namespace eyepiece {

CopyToNext::CopyToNext(WorkbenchContext& context, QObject* parent) : QObject(parent), context_(context) {}

void CopyToNext::start() {
    if (!context_.session.is_open() || looking_)
        return;
    if (!context_.labels.ready() && !(context_.labels.flush() && context_.labels.ready())) {
        Q_EMIT context_.labels.refused(
            tr("The labels of this image are just being read. Copy again in a moment."));
        return;
    }
    struct Found {
        ItemId item = 0;
        QString name;
        std::int64_t width = 0, height = 0; // of the image here
    };
    auto found = std::make_shared<Found>();
    const ItemId now = context_.labels.item();
    looking_ = new BackgroundJob(
        tr("Looking for the next image of this size"),
        [found, now, place = context_.session.project().folder()](JobContext&) {
            const std::vector<Item> items = Project::open(place, Project::Access::ReadOnly)->items().all();
            auto each = std::find_if(items.begin(), items.end(), [&](const Item& i) { return i.id == now; });
            if (each == items.end())
                return;
            found->width = each->width;
            found->height = each->height;
            for (++each; each != items.end() && found->item == 0; ++each)
                if (each->width == found->width && each->height == found->height &&
                    each->state != ItemState::Broken && each->state != ItemState::Missing) {
                    found->item = each->id;
                    found->name = QString::fromStdString(each->name);
                }
        },
        this);
    connect(looking_, &BackgroundJob::finished, this, [this, found, now] {
        if (context_.labels.item() != now)
            return; // the user has gone on by other means
        if (found->item != 0)
            return copy(now, found->item, found->name);
        context_.notices.show(Notice::Kind::Look,
                              tr("Nothing was copied: no image after this one is %1 × %2 px as well.")
                                  .arg(found->width)
                                  .arg(found->height));
    });
    connect(looking_, &BackgroundJob::failed, this,
            [this](const QString& message) { context_.notices.show(Notice::Kind::Bad, message); });
    connect(looking_, &BackgroundJob::ended, looking_, &QObject::deleteLater);
    looking_->start();
}

void CopyToNext::copy(ItemId from, ItemId to, const QString& name) {
    if (MarkEditor& marks = context_.labels.marks(); marks.selected() != 0)
        return marks.copy_to(to, marks.selected(), [self = QPointer(this), from, to, name] {
            if (!self)
                return;
            self->context_.notices.show(Notice::Kind::Good, tr("Copied the points to %1.").arg(name));
            if (self->context_.selection.item() == from)
                self->context_.selection.set_item(to);
        });
    const auto wanted = static_cast<int>(context_.labels.selection().size());
    context_.labels.copy_to(
        to, context_.labels.selection(), [self = QPointer(this), from, to, name, wanted](int copied) {
            if (!self)
                return;
            QString message = tr("Copied %1 to %2.").arg(objects_text(copied), name);
            if (copied < wanted)
                message += ' ' + tr("No place was free for %1.").arg(objects_text(wanted - copied));
            self->context_.notices.show(copied > 0 ? Notice::Kind::Good : Notice::Kind::Look, message);
            if (self->context_.selection.item() == from)
                self->context_.selection.set_item(to);
        });
}

} // namespace eyepiece
