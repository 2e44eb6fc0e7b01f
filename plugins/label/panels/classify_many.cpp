// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/classify_many.h"

#include "core/base/error.h"
#include "core/intake/project_table.h"
#include "widgets/canvas/label_editor.h"
#include "widgets/engine/job_model.h"
#include "widgets/shell/background_job.h"
#include "widgets/shell/copy_command.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/workbench_context.h"

#include <QDesktopServices>
#include <QFileInfo>
#include <QUrl>
#include <map>
#include <memory>
#include <utility>

namespace eyepiece {

namespace {
const QString topic = QStringLiteral("label.classify-many");
constexpr const char* kept_as = "pixels";
// The disk is full, or the images are of another kind: thousands of them would say the same.
constexpr int failures_that_tell = 5;

// Each image and the folder that its result goes to: images of the same name, which would replace each other,
// into a folder called as theirs.
std::vector<ClassifyMany::Task> tasks_of(const std::vector<Item>& items, const std::filesystem::path& out) {
    std::map<std::string, int> stems;
    for (const Item& item : items)
        ++stems[item.path.stem().string()];
    std::vector<ClassifyMany::Task> tasks;
    std::map<std::string, std::string> taken;
    for (const Item& item : items) {
        if (item.state == ItemState::Broken || item.state == ItemState::Missing)
            continue;
        const std::string stem = item.path.stem().string();
        const auto folder = stems[stem] == 1 ? out : out / item.path.parent_path().filename();
        const auto [other, is_new] = taken.emplace((folder / stem).string(), item.path.string());
        if (!is_new)
            throw Error(ErrorCode::Conflict, "The results of " + other->second + " and " +
                                                 item.path.string() +
                                                 " would have the same name. Classify their folders apart.");
        tasks.push_back(
            {QString::fromStdString(item.path.string()), QString::fromStdString(folder.string())});
    }
    return tasks;
}

} // namespace

ClassifyMany::ClassifyMany(WorkbenchContext& context, QObject* parent) : QObject(parent), context_(context) {
    connect(&context.session, &ProjectSession::closing, this, &ClassifyMany::cancel);
}

ClassifyMany::~ClassifyMany() {
    if (job_ != 0)
        context_.jobs.end(job_);
}

void ClassifyMany::copy_command(const ClassifyRequest& request, const Json& settings) const {
    const QString project = context_.session.folder();
    QStringList classify{QStringLiteral("classify"), project + QLatin1Char(':') + QLatin1String(kept_as)};
    classify << (request.folder.isEmpty() ? project : request.folder) << QStringLiteral("--out")
             << request.out;
    if (request.probabilities)
        classify << QStringLiteral("--probabilities");
    copy_line(command_line(QStringList{QStringLiteral("learn"), project} + setting_words(settings)) +
                  QStringLiteral(" && ") + command_line(classify),
              context_.notices);
}

void ClassifyMany::start(const ClassifyRequest& request, const Json& settings) {
    if (running() || !context_.labels.flush()) // the engine reads the disk
        return;
    ++round_;
    request_ = request;
    settings_ = settings;
    project_ = context_.session.folder();
    tasks_.clear();
    left_out_.clear();
    at_ = 0;
    made_ = failures_in_a_row_ = 0;
    Job job;
    job.title = tr("Classify images");
    job.controls.cancel = [this] { cancel(); };
    job_ = context_.jobs.add(std::move(job));
    find_images();
}

void ClassifyMany::cancel() {
    if (!running())
        return;
    ++round_;
    context_.engine.cancel_topic(topic, this);
    end(true, made_ == 0 ? tr("Cancelled.") : tr("Cancelled. %n image(s) classified.", nullptr, made_));
}

void ClassifyMany::show_progress(double of_this, const QString& stage) {
    const auto all = static_cast<double>(tasks_.size() + 1); // learning takes about as long as an image
    const double done = tasks_.empty() ? 0 : static_cast<double>(at_) + std::max(0.0, of_this);
    context_.jobs.update(job_, done / all, stage);
}

void ClassifyMany::find_images() {
    auto found = std::make_shared<std::vector<Task>>();
    auto* job = new BackgroundJob(
        tr("Looking for images"),
        [found, from = (request_.folder.isEmpty() ? project_ : request_.folder).toStdString(),
         out = request_.out.toStdString()](JobContext&) { *found = tasks_of(items_of(from), out); },
        this);
    connect(job, &BackgroundJob::finished, this, [this, found, round = round_] {
        if (round != round_)
            return;
        tasks_ = std::move(*found);
        learn();
    });
    connect(job, &BackgroundJob::failed, this, [this, round = round_](const QString& message) {
        if (round == round_)
            end(false, message);
    });
    connect(job, &BackgroundJob::ended, job, &QObject::deleteLater);
    job->start();
}

void ClassifyMany::learn() {
    EngineRequest request;
    request.operation = QStringLiteral("train-forest");
    request.topic = topic;
    request.spec = {{"project", project_.toStdString()}, {"name", kept_as}, {"set", settings_}};
    EngineHandlers handlers;
    handlers.progress = [this](double, const QString& stage) { show_progress(0, stage); };
    handlers.done = [this](const EngineReply&) { next(); };
    handlers.failed = [this](const Error& error) { end(false, QString::fromUtf8(error.what())); };
    context_.engine.send(request, this, std::move(handlers));
}

void ClassifyMany::next() {
    if (at_ == tasks_.size()) {
        const QString made = tr("%n image(s) classified.", nullptr, made_);
        return end(left_out_.isEmpty(), left_out_.isEmpty() ? made
                                                            : tr("%1 %n image(s) left out: %2", nullptr,
                                                                 static_cast<int>(left_out_.size()))
                                                                  .arg(made, left_out_.first()));
    }
    const Task& task = tasks_[at_];
    const QString name = QFileInfo(task.image).fileName();
    show_progress(0, name);
    EngineRequest request;
    request.operation = QStringLiteral("classify-pixels");
    request.topic = topic;
    request.spec = {{"classifier", project_.toStdString() + ":" + kept_as},
                    {"input", Json::array({task.image.toStdString()})},
                    {"out", task.out.toStdString()},
                    {"probabilities", request_.probabilities}};
    EngineHandlers handlers;
    handlers.progress = [this, name](double fraction, const QString&) { show_progress(fraction, name); };
    handlers.done = [this](const EngineReply&) {
        ++made_;
        ++at_;
        failures_in_a_row_ = 0;
        next();
    };
    handlers.failed = [this](const Error& error) { leave_out(QString::fromUtf8(error.what())); };
    context_.engine.send(request, this, std::move(handlers));
}

void ClassifyMany::leave_out(const QString& reason) {
    left_out_ << reason;
    if (++failures_in_a_row_ >= failures_that_tell ||
        context_.engine.state() == EngineClient::State::Failed) {
        ++round_;
        return end(false,
                   tr("Stopped after %1 of %2 images: %3").arg(at_ + 1).arg(tasks_.size()).arg(reason));
    }
    ++at_;
    next();
}

void ClassifyMany::end(bool well, const QString& words) {
    context_.jobs.end(std::exchange(job_, 0));
    Notice notice{well ? Notice::Kind::Good : Notice::Kind::Look, words};
    notice.topic = topic;
    if (made_ > 0) {
        notice.action = tr("Open the folder");
        notice.handler = [out = request_.out] { QDesktopServices::openUrl(QUrl::fromLocalFile(out)); };
    }
    context_.notices.show(notice);
}

} // namespace eyepiece
