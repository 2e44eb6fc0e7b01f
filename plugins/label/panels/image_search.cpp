// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/image_search.h"

#include "widgets/shell/background_job.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"

#include <algorithm>
#include <memory>

namespace eyepiece {

ImageSearch::ImageSearch(WorkbenchContext& context, QObject* parent) : QObject(parent), context_(context) {}

void ImageSearch::look(const QString& title, std::function<bool(const Item&)> wanted,
                       std::function<void(ItemId)> found) {
    if (!context_.session.is_open() || job_)
        return;
    auto next = std::make_shared<ItemId>(0);
    const ItemId now = context_.selection.item();
    job_ = new BackgroundJob(
        title,
        [next, now, wanted = std::move(wanted),
         place = context_.session.project().folder()](JobContext& context) {
            const std::vector<Item> items = Project::open(place, Project::Access::ReadOnly)->items().all();
            const auto here =
                std::find_if(items.begin(), items.end(), [&](const Item& item) { return item.id == now; });
            const auto start =
                here == items.end() ? std::size_t{0} : static_cast<std::size_t>(here - items.begin()) + 1;
            for (std::size_t i = 0; i < items.size() && *next == 0; ++i) {
                context.throw_if_cancelled();
                const Item& item = items[(start + i) % items.size()];
                if (item.id != now && item.state != ItemState::Broken && item.state != ItemState::Missing &&
                    wanted(item))
                    *next = item.id;
            }
        },
        this);
    connect(job_, &BackgroundJob::finished, this, [this, next, now, found = std::move(found)] {
        if (context_.selection.item() == now)
            found(*next);
    });
    connect(job_, &BackgroundJob::failed, this,
            [this](const QString& message) { context_.notices.show(Notice::Kind::Bad, message); });
    connect(job_, &BackgroundJob::ended, job_, &QObject::deleteLater);
    job_->start();
}

} // namespace eyepiece
