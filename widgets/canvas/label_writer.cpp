// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/label_writer.h"

#include "core/project/project.h"

#include <QMetaObject>
#include <limits>
#include <set>

namespace eyepiece {

namespace {
constexpr std::int64_t read_side = 2048; // px: labels are read in squares of this size
}

LabelWriter::LabelWriter(std::filesystem::path project_folder, QObject* parent)
    : QObject(parent)
    , folder_(std::move(project_folder))
    , thread_([this](std::stop_token stop) { work(std::move(stop)); }) {}

LabelWriter::~LabelWriter() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void LabelWriter::push(Task task) {
    {
        const std::lock_guard lock(mutex_);
        tasks_.push_back(std::move(task));
    }
    wake_.notify_all();
    if (!told_busy_) {
        told_busy_ = true;
        Q_EMIT busy_changed(true);
    }
}

void LabelWriter::commit(FinishedEdit edit, const std::string& title) {
    if (edit.empty())
        return;
    const ItemId item = edit.item;
    push({std::move(edit), title, item, {}, 0, {}, {}, {}, false});
}

void LabelWriter::commit(ItemId item, Made make, const std::string& title, std::function<void()> then) {
    push({{}, title, item, {}, 0, std::move(make), std::move(then), {}, false});
}

void LabelWriter::read(ItemId item, const Region& region, int plane) {
    push({{}, {}, item, region, plane, {}, {}, {}, false});
}

void LabelWriter::write(ItemId item, Work work) {
    push({{}, {}, item, {}, 0, {}, {}, std::move(work), true});
}

void LabelWriter::look(ItemId item, Work work) {
    push({{}, {}, item, {}, 0, {}, {}, std::move(work), false});
}

void LabelWriter::retry() {
    {
        const std::lock_guard lock(mutex_);
        stuck_ = false;
    }
    wake_.notify_all();
}

void LabelWriter::discard() {
    {
        const std::lock_guard lock(mutex_);
        if (!stuck_)
            return;
        tasks_.clear();
        stuck_ = false;
    }
    deliver();
}

bool LabelWriter::busy() const {
    const std::lock_guard lock(mutex_);
    return !tasks_.empty();
}

bool LabelWriter::stuck() const {
    const std::lock_guard lock(mutex_);
    return stuck_;
}

bool LabelWriter::flush() {
    bool done = false;
    {
        std::unique_lock lock(mutex_);
        settled_.wait(lock, [this] { return tasks_.empty() || stuck_; });
        done = tasks_.empty();
    }
    deliver();
    return done;
}

bool LabelWriter::wait(std::chrono::milliseconds at_most) {
    std::unique_lock lock(mutex_);
    settled_.wait_for(lock, at_most, [this] { return tasks_.empty() || stuck_; });
    return tasks_.empty();
}

void LabelWriter::deliver() {
    for (;;) {
        Outcome outcome;
        {
            const std::lock_guard lock(mutex_);
            if (outcomes_.empty())
                break;
            outcome = std::move(outcomes_.front());
            outcomes_.pop_front();
        }
        outcome();
    }
    if (told_busy_ && !busy()) {
        told_busy_ = false;
        Q_EMIT busy_changed(false);
    }
}

void LabelWriter::work(std::stop_token) {
    std::unique_ptr<Project> project;
    for (;;) {
        Task* task = nullptr;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return closing_ || (!tasks_.empty() && !stuck_); });
            if (tasks_.empty() || stuck_)
                return;             // closing, and nothing more can be done
            task = &tasks_.front(); // stays there until it is done; a deque does not move its elements
        }
        Outcome outcome;
        bool failed = false;
        try {
            if (!project)
                project = Project::open(folder_, Project::Access::Shared);
            outcome = perform(*project, *task);
        } catch (const std::exception& error) {
            const QString message = QString::fromUtf8(error.what());
            if (task->reads()) {
                outcome = [this, item = task->item, message] { Q_EMIT read_failed(item, message); };
            } else {
                failed = true;
                outcome = [this, message] { Q_EMIT commit_failed(message); };
            }
        }
        {
            const std::lock_guard lock(mutex_);
            if (failed)
                stuck_ = true;
            else
                tasks_.pop_front();
            outcomes_.push_back(std::move(outcome));
        }
        settled_.notify_all();
        QMetaObject::invokeMethod(
            this, [this] { deliver(); }, Qt::QueuedConnection);
    }
}

LabelWriter::Outcome LabelWriter::perform(Project& project, Task& task) {
    if (task.work) {
        std::vector<ProjectChange> changes;
        const auto listening =
            project.changes().listen([&](const ProjectChange& change) { changes.push_back(change); });
        auto then = task.work(project);
        return [this, changes, item = task.item, then = std::move(then)] {
            if (!changes.empty())
                Q_EMIT committed(changes, item, {}, 0);
            if (then)
                then();
        };
    }
    if (task.reads()) {
        auto content = std::make_shared<LabelContent>();
        content->item = task.item;
        content->plane = task.plane;
        content->region = task.region;
        content->pixels = LabelTiles(task.region.bottom(), task.region.right());
        for (std::int64_t y = task.region.y; y < task.region.bottom(); y += read_side)
            for (std::int64_t x = task.region.x; x < task.region.right(); x += read_side) {
                const Region part = Region{x, y, read_side, read_side}.intersected(task.region);
                content->pixels.write(part, project.labels().read(task.item, part, task.plane));
            }
        content->pixels.prepare(task.region, LabelTiles::levels - 1);   // not left to the window's thread
        for (LabelObject& object : project.labels().objects(task.item)) // by id
            content->objects.emplace_hint(content->objects.end(), object.id, std::move(object));
        content->next_id = project.labels().next_object_id(task.item);
        return [this, content] { Q_EMIT content_read(content); };
    }
    std::vector<ProjectChange> changes;
    const auto listening =
        project.changes().listen([&](const ProjectChange& change) { changes.push_back(change); });
    const std::vector<LabelEdit> edits = task.make ? task.make(project) : task.edit.edits();
    project.labels().commit(edits, task.title);
    std::set<ObjectId> touched;
    for (const LabelEdit& edit : edits) {
        touched.insert(edit.pixels.ids().begin(), edit.pixels.ids().end());
        for (const LabelObject& object : edit.objects)
            touched.insert(object.id);
    }
    std::vector<LabelObject> objects;
    if (touched.size() < 500) // the books of a stroke; of an import the ones made here are exact already
        for (const ObjectId id : touched)
            if (id != 0)
                if (const auto object = project.labels().object(task.item, id))
                    objects.push_back(*object);
    const std::uint64_t number = task.make ? std::numeric_limits<std::uint64_t>::max() : task.edit.number;
    return [this, changes, item = task.item, objects, number, then = std::move(task.then)] {
        Q_EMIT committed(changes, item, objects, number);
        if (then)
            then();
    };
}

} // namespace eyepiece
