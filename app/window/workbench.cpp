// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/window/workbench.h"

#include "widgets/browser/data_panel.h"
#include "widgets/browser/item_list_model.h"
#include "widgets/browser/project_actions.h"
#include "widgets/browser/review_actions.h"
#include "widgets/browser/thumbnail_cache.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_editor.h"
#include "widgets/engine/engine_client.h"
#include "widgets/engine/job_model.h"
#include "widgets/engine/run_monitor.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/canvas_follower.h"
#include "widgets/shell/english_plurals.h"
#include "widgets/shell/label_follower.h"
#include "widgets/shell/main_window.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/panel_loader.h"
#include "widgets/shell/preferences.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/theme.h"

#include <QApplication>
#include <QProcess>
#include <QSettings>

namespace eyepiece {

namespace {

std::unique_ptr<QSettings> open_settings(const QString& file) {
    return file.isEmpty()
               ? std::make_unique<QSettings>(QStringLiteral("eyepiece"), QStringLiteral("eyepiece"))
               : std::make_unique<QSettings>(file, QSettings::IniFormat);
}

QStringList engine_command(const Preferences& preferences) {
    QStringList command = preferences.engine_command.isEmpty()
                              ? EngineClient::default_command()
                              : QProcess::splitCommand(preferences.engine_command);
    // Another machine has other devices and cores: what is set there counts.
    if (preferences.engine_command.isEmpty()) {
        if (preferences.device != u"auto")
            command << QStringLiteral("--device") << preferences.device;
        if (preferences.threads > 0)
            command << QStringLiteral("--threads") << QString::number(preferences.threads);
    }
    return command;
}

} // namespace

// In the order they are built; taken down the other way round.
struct Workbench::Services {
    explicit Services(const QString& settings_file)
        : settings(open_settings(settings_file))
        , actions(theme, *settings)
        , session(*settings)
        , canvas(std::make_unique<ImageCanvas>())
        , labels(canvas->layers())
        , engine(engine_command(Preferences::read(*settings)))
        , items(session, &thumbnails)
        , context{session, selection, engine, runs, jobs, actions, *canvas, theme, notices, *settings, labels}
        , project_actions(context, items)
        , review_actions(context, items)
        , follower(session, selection, items, *canvas)
        , label_follower(session, selection, *canvas, notices, labels) {}

    EnglishPlurals plurals;
    std::unique_ptr<QSettings> settings;
    Theme theme;
    Notices notices;
    ActionRegistry actions;
    ProjectSession session;
    Selection selection;
    std::unique_ptr<ImageCanvas> canvas;
    LabelEditor labels;
    JobModel jobs;
    EngineClient engine;
    RunMonitor runs;
    ThumbnailCache thumbnails;
    ItemListModel items;
    WorkbenchContext context;
    ProjectActions project_actions;
    ReviewActions review_actions;
    CanvasFollower follower;
    LabelFollower label_follower;
    std::unique_ptr<MainWindow> window;
};

Workbench::Workbench(const QString& settings_file, QObject* parent)
    : QObject(parent), services_(std::make_unique<Services>(settings_file)) {
    Services& s = *services_;
    s.theme.set_mode(Preferences::read(*s.settings).theme);
    s.theme.apply_to(*qApp);
    s.engine.set_jobs(&s.jobs);
    s.runs.set_jobs(&s.jobs);
    s.runs.attach(s.session);

    LoadedPanels panels = load_panel_plugins(plugin_search_path());
    panels.panels.insert(panels.panels.begin(), data_panel(s.items, s.project_actions));
    s.window = std::make_unique<MainWindow>(s.context, s.items, std::move(panels));
    s.project_actions.set_window(s.window.get());
    s.review_actions.set_window(s.window.get());
    s.window->set_drop_handler([&s](const QStringList& paths) { s.project_actions.take(paths); });
    s.window->fill_menu({"project.open-images",
                         "project.open",
                         "project.new",
                         "project.sample",
                         "project.close",
                         {},
                         "data.add-folder",
                         "data.add-files",
                         "data.import-labels",
                         "data.export-labels",
                         "data.check-files",
                         "review.statistics"});
    s.window->setFocus(); // not on the first button: no key should do something by accident
    connect_services();
}

Workbench::~Workbench() {
    services_->window.reset();
    services_->session.close();
    services_->engine.stop();
}

MainWindow& Workbench::window() {
    return *services_->window;
}
WorkbenchContext& Workbench::context() {
    return services_->context;
}

void Workbench::connect_services() {
    Services& s = *services_;
    connect(s.canvas.get(), &ImageCanvas::files_dropped, this,
            [&s](const QStringList& paths) { s.project_actions.take(paths); });
    connect(s.canvas.get(), &ImageCanvas::image_failed, this, [&s](const QString&, const QString& message) {
        Notice notice{Notice::Kind::Bad, message};
        notice.topic = QStringLiteral("image");
        s.notices.show(notice);
    });
    connect(&s.session, &ProjectSession::opened, this,
            [&s] { s.thumbnails.set_reader(project_thumbnails(s.session.project().folder())); });
    connect(&s.session, &ProjectSession::closed, this, [&s] { s.thumbnails.set_reader({}); });
    connect(&s.runs, &RunMonitor::failed, this,
            [&s](const QString& message) { s.notices.show(Notice::Kind::Bad, message); });
    connect(s.window.get(), &MainWindow::preferences_chosen, this, [&s](const Preferences& chosen) {
        chosen.write(*s.settings);
        s.theme.set_mode(chosen.theme);
        if (const QStringList command = engine_command(chosen); command != s.engine.command())
            s.engine.set_command(command);
    });
}

void Workbench::open(const QStringList& paths) {
    Services& s = *services_;
    if (!paths.isEmpty())
        return s.project_actions.take(paths);
    // A last project that is gone or in use is no reason for an alarm at the start: the list of projects
    // shows.
    if (const QStringList recent = s.session.recent(); !recent.isEmpty())
        s.project_actions.open_project(recent.first());
}

void Workbench::open_sample(const QString& folder) {
    services_->project_actions.open_sample(folder);
}

void Workbench::start_engine() {
    services_->engine.start();
}

} // namespace eyepiece
