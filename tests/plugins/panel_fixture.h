// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "app/window/workbench.h"
#include "core/data/image.h"
#include "core/formats/image_writer.h"
#include "core/project/project.h"
#include "support/gui_driver.h"
#include "support/gui_guard.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/engine/engine_client.h"
#include "widgets/engine/job_model.h"
#include "widgets/engine/run_monitor.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/main_window.h"
#include "widgets/shell/notice_bar.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"

#include <QApplication>
#include <QClipboard>
#include <QDir>
#include <QFile>
#include <QLabel>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <fstream>

namespace eyepiece::test {

// The real window on a small project, with an engine behind it that answers what the test says
// (tests/engine_client/fake_engine.cpp), dies when told to, and trains by writing a run's files.
class PanelTest : public QObject {
    Q_OBJECT
protected:
    static constexpr int images = 4, side = 64; // px
    static constexpr int patience = 30'000;     // ms

    std::unique_ptr<QTemporaryDir> folder_;
    std::unique_ptr<Workbench> workbench_;
    Json answers_;

    QString path(const QString& name) const { return folder_->filePath(name); }
    std::string project_folder() const { return path("project").toStdString(); }
    MainWindow& window() const { return workbench_->window(); }
    WorkbenchContext& context() const { return workbench_->context(); }
    Project& project() const { return context().session.project(); }
    ImageCanvas& canvas() const { return context().canvas; }

    static Json parameters(const ParameterSchema& schema) { return {{"entries", schema.to_json()}}; }
    static Json entries(std::initializer_list<Json> list) { return {{"entries", Json(list)}}; }

    // From now on the engine answers this. Whole, for the engine may be reading.
    void say() {
        write_file_atomically(path("answers.json").toStdString(), answers_.dump());
        qputenv("FAKE_ENGINE_ANSWERS", path("answers.json").toUtf8());
    }
    // What was asked, oldest first: {"key", "spec"}.
    std::vector<Json> asked(const std::string& key) const {
        std::vector<Json> list;
        std::ifstream log(path("answers.json.log").toStdString());
        for (std::string line; std::getline(log, line);)
            if (Json one = Json::parse(line, nullptr, false); one.is_object() && one["key"] == key)
                list.push_back(one["spec"]);
        return list;
    }

    // A finished run, as a training leaves it.
    QString make_run(double score = 0.8) {
        const RunInfo run = project().runs().create(
            {{"operation", "train"}, {"model", "unet"}, {"task", "semantic-segmentation"}}, "unet");
        const auto write = [&](const char* name, const std::string& text) {
            std::ofstream(run.folder / name) << text;
        };
        std::filesystem::create_directories(run.folder / "checkpoints");
        write("checkpoints/last.pt", "weights");
        write("checkpoints/best.pt", "weights");
        for (int epoch = 1; epoch <= 8; ++epoch)
            std::ofstream(run.folder / "metrics.jsonl", std::ios::app)
                << Json{{"series", "val/mean-iou"}, {"step", epoch}, {"value", score * epoch / 8}}.dump()
                << '\n';
        write("baselines.json", Json{{"otsu", {{"title", "Otsu's threshold"}, {"mean-iou", 0.5}}}}.dump());
        write_file_atomically(
            run.folder / "status.json",
            Json{{"state", "finished"},
                 {"epoch", 8},
                 {"epochs", 8},
                 {"reason", "All 8 epochs are done."},
                 {"metric", {{"name", "mean-iou"}, {"value", score}, {"best", score}, {"best_epoch", 8}}}}
                .dump());
        project().changes().tell(RunsChanged{});
        return QString::fromStdString(run.id);
    }

    // A prediction of one round object in the middle of each image.
    Json disc_prediction() const {
        return {
            {"result",
             {{"width", side},
              {"height", side},
              {"region", {0, 0, side, side}},
              {"classes", {{{"id", 0}, {"name", "background"}}, {{"id", 1}, {"name", "nucleus"}}}},
              {"objects",
               {{{"id", 1}, {"class", 1}, {"area", 1200}, {"bounds", {12, 12, 40, 40}}, {"score", 0.9}}}}}},
            {"bytes",
             {{{"type", "uint32"}, {"width", side}, {"height", side}},
              {{"type", "uint8"}, {"width", side}, {"height", side}}}}};
    }

    void show_stage(Stage stage) { window().show_stage(stage); }
    QString text(const char* name) const {
        auto* found = window().findChild<QWidget*>(QString::fromLatin1(name));
        if (auto* one = qobject_cast<QLabel*>(found))
            return one->text();
        QStringList words;
        if (found)
            for (const QLabel* each : found->findChildren<QLabel*>())
                words << each->text();
        return words.join('\n');
    }
    // In sight and ready to be clicked: a control of a page not shown yet may well be enabled.
    bool enabled(const char* name) const {
        auto* found = window().findChild<QWidget*>(QString::fromLatin1(name));
        return found && found->isVisible() && found->isEnabled();
    }
    QPoint at(double x, double y) const { // an image pixel on the canvas
        return (canvas().view().to_device(QPointF(x + 0.5, y + 0.5)) / canvas().devicePixelRatioF())
            .toPoint();
    }
    std::size_t labels() const {
        std::size_t count = 0;
        for (const Item& item : project().items().all())
            count += project().labels().objects(item.id).size();
        return count;
    }
    static QString clipboard() { return QGuiApplication::clipboard()->text(); }

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        answers_ = {{"list:tasks", {{"result", entries({})}}}};
        auto made = Project::create(project_folder(), "panels");
        std::vector<std::filesystem::path> files;
        for (int i = 0; i < images; ++i) {
            Image image = Image::create(PixelType::UInt8, 1, side, side);
            for (auto& value : image.writable_plane_as<std::uint8_t>(0))
                value = static_cast<std::uint8_t>(30 + 40 * i);
            files.emplace_back(path(QStringLiteral("image_%1.png").arg(i)).toStdString());
            write_image(files.back(), image);
        }
        for (const ItemId id : made->items().add(files).added)
            made->items().set_facts(id, {content_hash(made->items().at(id).path), side, side, 1});
        made->classes().add("nucleus");
        made.reset(); // one editor at a time

        QSettings settings(path("settings.ini"), QSettings::IniFormat);
        settings.setValue("engine/command", QStringLiteral("\"" FAKE_ENGINE "\" serve"));
        settings.sync();
        say();
        workbench_ = std::make_unique<Workbench>(path("settings.ini"));
        context().runs.set_program({FAKE_ENGINE, "run"});
        EngineTiming timing;
        timing.back_off = {std::chrono::milliseconds(20), std::chrono::milliseconds(20),
                           std::chrono::milliseconds(20), std::chrono::milliseconds(20)};
        context().engine.set_timing(timing);
        window().resize(1440, 900);
        window().show();
        workbench_->open({path("project")});
        QVERIFY(context().session.is_open());
        QTRY_VERIFY_WITH_TIMEOUT(context().selection.item() != 0, patience);
    }
    void cleanup() {
        workbench_.reset();
        folder_.reset();
    }
};

} // namespace eyepiece::test
