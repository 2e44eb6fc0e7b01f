// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/object_sorting.h"

#include "core/base/error.h"
#include "core/project/class_examples.h"
#include "core/project/project.h"
#include "plugins/label/panels/classifier_answer.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_editor.h"
#include "widgets/canvas/label_tools.h"
#include "widgets/engine/engine_client.h"
#include "widgets/shell/background_job.h"
#include "widgets/shell/label_work.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"

#include <algorithm>
#include <set>
#include <utility>

namespace eyepiece {

namespace {

constexpr const char* topic = "label.sort-objects";
constexpr int after_examples_ms = 0, after_labels_ms = 1'000; // strokes come one after the other
constexpr std::size_t at_a_time = 1'000;                      // objects between two looks at whether to go on
constexpr std::int64_t around_object = 30;                    // px shown beside the one that is gone to

} // namespace

ObjectSorting::ObjectSorting(WorkbenchContext& context, LabelTools& tools, QObject* parent)
    : QObject(parent), context_(context), tools_(tools) {
    soon_.setSingleShot(true);
    connect(&soon_, &QTimer::timeout, this, &ObjectSorting::ask);
    connect(&tools.settings(), &LabelToolSettings::example_chosen, this, &ObjectSorting::choose);
    connect(&context.session, &ProjectSession::opened, this, &ObjectSorting::load);
    connect(&context.session, &ProjectSession::closing, this, [this] {
        storing_.wait();
        soon_.stop();
        context_.engine.cancel_topic(QLatin1String(topic), this);
        examples_.clear();
        clear_report();
    });
    connect(&context.session, &ProjectSession::labels_changed, this, [this] {
        stale_ = true;
        ask_in(after_labels_ms);
    });
    connect(&context.labels, &LabelEditor::loaded, this, &ObjectSorting::show_on_image);
    connect(&storing_, &LatestWork::failed, this, [this](const QString& message) {
        context_.notices.show({Notice::Kind::Bad, message});
    });
    if (context.session.is_open())
        load();
}

ObjectSorting::~ObjectSorting() = default;

void ObjectSorting::load() {
    examples_.clear();
    clear_report();
    try {
        examples_ = read_class_examples(context_.session.project().folder());
    } catch (const std::exception& error) {
        context_.notices.show_error(error, QStringLiteral("sort-objects"));
    }
    show_on_image();
    ask_in(after_examples_ms);
}

void ObjectSorting::set_in_sight(bool in_sight) {
    in_sight_ = in_sight;
    if (in_sight && stale_)
        ask_in(after_examples_ms);
    else if (!in_sight)
        soon_.stop();
}

void ObjectSorting::choose(ObjectId id, bool is_example) {
    const ObjectKey key{context_.labels.item(), id};
    std::erase(examples_, key);
    if (is_example)
        examples_.push_back(key);
    store();
    stale_ = true;
    ask_in(after_examples_ms);
    if (!examples_.empty()) {
        Q_EMIT changed();
        return;
    }
    soon_.stop();
    context_.engine.cancel_topic(QLatin1String(topic), this);
    clear_report();
    show_on_image();
}

void ObjectSorting::forget_examples() {
    examples_.clear();
    store();
    clear_report();
    show_on_image();
}

void ObjectSorting::store() {
    if (!context_.session.is_open())
        return;
    storing_.start([place = context_.session.project().folder(), examples = examples_](LatestWork::Stop) {
        write_class_examples(place, examples);
        return LatestWork::Finish([] {});
    });
}

// ---- asking

void ObjectSorting::ask_in(int ms) {
    if (in_sight_ && !examples_.empty())
        soon_.start(soon_.isActive() ? std::min(ms, soon_.remainingTime()) : ms);
}

void ObjectSorting::ask() {
    if (!context_.session.is_open() || !context_.labels.flush()) // the engine reads the disk
        return;
    EngineRequest request;
    request.operation = QStringLiteral("sort-objects");
    request.topic = QLatin1String(topic);
    request.spec = {{"project", context_.session.folder().toStdString()}, {"examples", Json::array()}};
    for (const ObjectKey& key : examples_)
        request.spec["examples"].push_back({key.item, key.object});
    EngineHandlers handlers;
    handlers.done = [this](const EngineReply& reply) { take(reply); };
    handlers.failed = [this](const Error& error) {
        report_.reset();
        problem_ = QString::fromUtf8(error.what());
        show_on_image();
    };
    handlers.ended = [this] {
        working_ = false;
        Q_EMIT changed();
    };
    stale_ = false;
    context_.engine.send(request, this, std::move(handlers));
    working_ = true;
    Q_EMIT changed();
}

void ObjectSorting::take(const EngineReply& reply) {
    const Json& answer = reply.json();
    Report report;
    try {
        for (const Json& one : answer.at("objects"))
            report.objects.push_back({{one.at(0).get<ItemId>(), one.at(1).get<ObjectId>()},
                                      one.at(2).get<ClassId>(),
                                      one.at(3).get<float>()});
        for (const Json& one : answer.at("next"))
            report.next.push_back({one.at(0).get<ItemId>(), one.at(1).get<ObjectId>()});
        if (answer.at("out_of_bag").is_number())
            report.out_of_bag = answer.at("out_of_bag").get<double>();
        for (const auto& [id, count] : answer.at("examples").items())
            report.examples[static_cast<ClassId>(std::stoi(id))] = count.get<int>();
        report.changes = answer.at("changes").get<std::int64_t>();
        report.importances = importances_from(answer);
    } catch (const std::exception&) {
        problem_ = tr("The engine's answer is not whole. Choose another example to ask again.");
        report_.reset();
        show_on_image();
        return;
    }
    problem_.clear();
    report_ = std::move(report);
    shown_ = 0;
    show_on_image();
}

void ObjectSorting::clear_report() {
    report_.reset();
    problem_.clear();
    stale_ = true;
    Q_EMIT changed();
}

void ObjectSorting::show_on_image() {
    const ItemId item = context_.labels.item();
    std::set<ObjectId> examples;
    for (const ObjectKey& key : examples_)
        if (key.item == item)
            examples.insert(key.object);
    std::map<ObjectId, ClassId> told;
    if (report_)
        for (const Told& one : report_->objects)
            if (one.key.item == item)
                told.emplace(one.key.object, one.class_id);
    tools_.settings().show_examples(std::move(examples), std::move(told));
}

// ---- what comes of it

void ObjectSorting::apply(bool this_image_only) {
    if (!report_ || applying_)
        return;
    std::map<ClassId, std::vector<ObjectKey>> wanted;
    std::size_t count = 0;
    for (const Told& one : report_->objects)
        if (!this_image_only || one.key.item == context_.labels.item()) {
            wanted[one.class_id].push_back(one.key);
            ++count;
        }
    auto changed_objects = std::make_shared<std::int64_t>(0);
    try {
        applying_ = run_on_labels(
            context_, tr("Sorting objects"),
            [wanted = std::move(wanted), count, changed_objects](Project& project, JobContext& job) {
                std::size_t done = 0;
                project.history().together("sort objects", [&] {
                    for (const auto& [class_id, keys] : wanted) {
                        std::vector<ObjectKey> others; // not of the class yet
                        for (const ObjectKey& key : keys)
                            if (const auto object = project.labels().object(key.item, key.object);
                                object && object->class_id != class_id)
                                others.push_back(key);
                        for (std::size_t first = 0; first < others.size(); first += at_a_time) {
                            job.throw_if_cancelled();
                            job.progress(static_cast<double>(done + first) / static_cast<double>(count),
                                         "Sorting objects");
                            *changed_objects += project.labels().set_class(
                                std::span(others).subspan(first, std::min(at_a_time, others.size() - first)),
                                class_id);
                        }
                        done += keys.size();
                    }
                });
            },
            [this, changed_objects] {
                Notice notice{Notice::Kind::Good,
                              *changed_objects == 0
                                  ? tr("Every object has the class that it is told to be already.")
                                  : tr("%n object(s) sorted into another class. Undo takes it back.", nullptr,
                                       static_cast<int>(*changed_objects))};
                notice.topic = QStringLiteral("sort-objects");
                context_.notices.show(notice);
            });
    } catch (const std::exception& error) {
        context_.notices.show_error(error, QStringLiteral("sort-objects"));
        return;
    }
    connect(applying_, &BackgroundJob::ended, this, [this] {
        applying_.clear();
        Q_EMIT changed();
    });
    Q_EMIT changed();
}

void ObjectSorting::show_next() {
    if (!report_ || report_->next.empty())
        return say(tr("Choose examples of at least two classes first: then the objects that are least sure "
                      "are shown one after the other."));
    const ObjectKey key = report_->next[shown_++ % report_->next.size()];
    const auto object = context_.session.project().labels().object(key.item, key.object);
    if (!object)
        return say(tr("That object is gone. Again shows the next one."));
    tools_.choose(QStringLiteral("label.example"));
    if (context_.selection.item() != key.item)
        context_.selection.set_item(key.item);
    context_.selection.set_object(key.object);
    const Region& bounds = object->bounds;
    const Region around{bounds.x - around_object, bounds.y - around_object, bounds.width + 2 * around_object,
                        bounds.height + 2 * around_object};
    context_.canvas.show_region(around);
    const auto told = std::ranges::find_if(report_->objects, [&](const Told& one) { return one.key == key; });
    const LabelClass* known =
        told == report_->objects.end() ? nullptr : context_.labels.find_class(told->class_id);
    if (known)
        say(tr("Told to be “%1”, with little certainty. Click it with the class that it is.")
                .arg(QString::fromStdString(known->name)));
}

void ObjectSorting::say(const QString& words) {
    Notice notice{Notice::Kind::Info, words};
    notice.topic = QStringLiteral("sort-objects");
    context_.notices.show(notice);
}

} // namespace eyepiece
