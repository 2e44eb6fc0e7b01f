// SPDX-License-Identifier: GPL-3.0-or-later
// The part of ProjectActions that reads files: always as a job of the session.
#include "core/formats/image_reader.h"
#include "widgets/browser/item_list_model.h"
#include "widgets/browser/project_actions.h"
#include "widgets/shell/background_job.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"

#include <QLocale>
#include <memory>

namespace eyepiece {

namespace {

QString number(std::size_t n) {
    return QLocale().toString(qulonglong(n));
}

struct Outcome {
    std::size_t added = 0, known = 0, relinked = 0;
    std::vector<SkippedFile> skipped;
};

std::vector<std::filesystem::path> find_images(const QStringList& given, JobContext& job) {
    std::vector<std::filesystem::path> found;
    for (const QString& text : given) {
        const std::filesystem::path path(text.toStdString());
        if (!std::filesystem::is_directory(path)) {
            found.push_back(path);
            continue;
        }
        std::error_code error;
        for (std::filesystem::recursive_directory_iterator
                 entry(path, std::filesystem::directory_options::skip_permission_denied, error),
             end;
             !error && entry != end; entry.increment(error)) {
            job.throw_if_cancelled();
            if (entry->is_regular_file(error) && has_image_extension(entry->path()))
                found.push_back(entry->path());
        }
    }
    return found;
}

} // namespace

void ProjectActions::add_paths(const QStringList& paths) {
    auto outcome = std::make_shared<Outcome>();
    context_.session.run(
        tr("Adding images"),
        [paths, outcome](Project& project, JobContext& job) {
            job.progress(-1, "looking for images");
            const AddReport report = project.items().add(find_images(paths, job));
            *outcome = {report.added.size(), report.known.size(), report.relinked.size(), {}};
            std::size_t done = 0;
            for (const ItemId id : report.added) {
                job.throw_if_cancelled();
                const auto item = project.items().find(id);
                if (!item)
                    continue;
                try {
                    const ImageInfo info = probe_image(item->path);
                    project.items().set_facts(
                        id, {content_hash(item->path), info.width, info.height, info.channels});
                } catch (const Error& error) {
                    project.items().set_problem(id, error.what());
                    outcome->skipped.push_back(
                        {QString::fromStdString(item->name), QString::fromUtf8(error.what())});
                }
                job.progress(static_cast<double>(++done) / static_cast<double>(report.added.size()),
                             "reading images");
            }
        },
        [this, outcome] {
            QString summary = tr("%1 images added").arg(number(outcome->added - outcome->skipped.size()));
            if (outcome->known)
                summary += tr(", %1 were there already").arg(number(outcome->known));
            if (outcome->relinked)
                summary += tr(", %1 found again at a new place").arg(number(outcome->relinked));
            if (!outcome->skipped.empty())
                summary += tr(", %1 left out").arg(number(outcome->skipped.size()));
            set_report(summary + ".", std::move(outcome->skipped));
        });
}

void ProjectActions::check_files() {
    auto found = std::make_shared<std::size_t>(0);
    context_.session.run(
        tr("Looking at the files"),
        [found](Project& project, JobContext& job) { *found = project.items().refresh(job).size(); },
        [this, found] {
            context_.notices.show(Notice::Kind::Good,
                                  *found == 0 ? tr("All files are as they were.")
                                              : tr("%1 files are not as they were; the table says "
                                                   "which.")
                                                    .arg(number(*found)));
        });
}

void ProjectActions::remove_selected() {
    const std::vector<ItemId> ids = context_.selection.items();
    if (ids.empty() || !context_.session.is_open())
        return;
    context_.session.project().items().remove(ids);
    Notice notice{Notice::Kind::Info, tr("Removed %n image(s) with their labels; the files stay.", nullptr,
                                         static_cast<int>(ids.size()))};
    notice.action = tr("Undo");
    notice.handler = [this] { context_.session.undo(); };
    context_.notices.show(notice);
}

void ProjectActions::set_report(const QString& summary, std::vector<SkippedFile> skipped) {
    last_summary_ = summary;
    skipped_ = std::move(skipped);
    context_.notices.show(skipped_.empty() ? Notice::Kind::Good : Notice::Kind::Look, summary);
    Q_EMIT report_changed();
}

} // namespace eyepiece
