// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/label_work.h"

#include "core/base/error.h"
#include "widgets/canvas/label_editor.h"
#include "widgets/shell/background_job.h"
#include "widgets/shell/workbench_context.h"

namespace eyepiece {

BackgroundJob* run_on_labels(WorkbenchContext& context, const QString& title,
                             ProjectSession::ProjectWork work, std::function<void()> done) {
    LabelEditor& labels = context.labels;
    if (labels.accepting())
        throw Error(ErrorCode::Conflict,
                    QObject::tr("A prediction is just being accepted. Try again in a moment.").toStdString());
    if (labels.stroking())
        labels.commit();
    if (!labels.flush())
        throw Error(ErrorCode::Conflict, QObject::tr("Your last strokes are not saved. See the message about "
                                                     "saving, and try again.")
                                             .toStdString());
    labels.hold(true);
    BackgroundJob* job = context.session.run(title, std::move(work), std::move(done));
    QObject::connect(job, &BackgroundJob::ended, &labels, [&labels] { labels.hold(false); });
    return job;
}

} // namespace eyepiece
