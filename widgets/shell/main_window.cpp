// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/main_window.h"

#include "widgets/browser/item_browser.h"
#include "widgets/browser/item_list_model.h"
#include "widgets/engine/engine_client.h"
#include "widgets/engine/job_model.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/background_job.h"
#include "widgets/shell/bottom_bar.h"
#include "widgets/shell/command_palette.h"
#include "widgets/shell/copy_command.h"
#include "widgets/shell/help_viewer.h"
#include "widgets/shell/notice_bar.h"
#include "widgets/shell/plugins_dialog.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/settings_dialog.h"
#include "widgets/shell/shortcuts_dialog.h"
#include "widgets/shell/stage_bar.h"
#include "widgets/shell/stage_host.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QAction>
#include <QCloseEvent>
#include <QLocale>
#include <QMenu>
#include <QMessageBox>
#include <QMimeData>
#include <QSettings>
#include <QUrl>
#include <QVBoxLayout>

namespace eyepiece {

namespace {

const QString geometry_key = QStringLiteral("window/geometry");
const QString stage_key = QStringLiteral("window/stage");           // where one was last,
const QString stage_project_key = QStringLiteral("window/project"); // and in which project
const QString columns_key = QStringLiteral("window/columns-hidden");

// What the palette shows of an action for the shell.
std::function<QString()> command_of(const ActionSpec& spec) {
    if (!spec.command)
        return {};
    return [command = spec.command] {
        const QStringList words = command();
        return words.isEmpty() ? QString() : command_line(words);
    };
}

QFrame* line(QWidget* parent) {
    auto* frame = new QFrame(parent);
    frame->setProperty("kind", "line");
    frame->setFixedHeight(1);
    return frame;
}

} // namespace

MainWindow::MainWindow(WorkbenchContext& context, ItemListModel& items, LoadedPanels panels, QWidget* parent)
    : QMainWindow(parent)
    , context_(context)
    , items_(items)
    , plugins_(std::move(panels.plugins))
    , menu_(new QMenu(this)) {
    setObjectName(QStringLiteral("window"));
    setWindowTitle(QStringLiteral("Eyepiece"));
    setWindowIcon(QIcon(QStringLiteral(":/icons/eyepiece.svg")));
    setMinimumSize(880, 560);
    setAcceptDrops(true);
    menu_->setObjectName(QStringLiteral("menu.main"));
    register_actions();
    context_.actions.attach(this);

    browser_ = new ItemBrowser(context_.theme, context_.session, context_.selection, items_);
    auto* center = new QWidget(this);
    auto* column = new QVBoxLayout(center);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(bar_ = new StageBar(context_.theme, context_.actions, menu_, center));
    column->addWidget(line(center));
    column->addWidget(host_ = new StageHost(context_, browser_, std::move(panels.panels), center), 1);
    column->addWidget(line(center));
    column->addWidget(bottom_ = new BottomBar(context_.theme, context_.jobs, context_.actions, center));
    notices_ = new NoticeBar(context_.theme, context_.notices, center);
    notices_->float_over(host_);
    setCentralWidget(center);
    palette_ = new CommandPalette(context_.theme, this);
    register_image_actions();
    fill_palette();
    fill_menu({});

    ProjectSession& session = context_.session;
    connect(&session, &ProjectSession::opened, this, [this] {
        show_project();
        host_->refresh();
        show_last_stage();
    });
    connect(&session, &ProjectSession::closed, this, [this] {
        had_items_ = false;
        show_project();
        host_->refresh();
    });
    connect(&items_, &ItemListModel::loaded, this, [this] {
        show_project();
        const bool has = items_.size() > 0;
        if (has != had_items_)
            host_->refresh(); // stages that had nothing to show have now, or the other way round
        had_items_ = has;
    });
    connect(&session, &ProjectSession::edit_reverted, this, [this](const QString& what, ItemId item) {
        if (item != 0 && items_.item(item))
            context_.selection.set_item(item); // an undo that one cannot see would be a riddle
        Notice notice{Notice::Kind::Info, what};
        notice.topic = QStringLiteral("undo");
        context_.notices.show(notice);
    });
    connect(&session, &ProjectSession::job_started, this, &MainWindow::list_job);
    connect(&session, &ProjectSession::job_failed, this,
            [this](const QString& title, const QString& message) {
                context_.notices.show(Notice::Kind::Bad, tr("%1 failed. %2").arg(title, message));
            });
    connect(&session, &ProjectSession::history_changed, this, &MainWindow::show_project);
    connect(&context_.actions, &ActionRegistry::failed, this, [this](const QString&, const QString& message) {
        context_.notices.show(Notice::Kind::Bad, message);
    });
    connect(&context_.engine, &EngineClient::state_changed, this, &MainWindow::show_engine);
    connect(&context_.engine, &EngineClient::hello_changed, this, &MainWindow::show_engine);
    connect(&context_.engine, &EngineClient::trouble, this, [this](const QString& sentence, const QString&) {
        Notice notice{Notice::Kind::Look, sentence};
        notice.topic = QStringLiteral("engine");
        notice.action = tr("Start it again");
        notice.handler = [this] { context_.engine.restart(); };
        context_.notices.show(notice);
    });
    connect(bottom_, &BottomBar::engine_clicked, this,
            [this] { context_.actions.trigger(QStringLiteral("window.settings")); });

    if (!restoreGeometry(context_.settings.value(geometry_key).toByteArray()))
        resize(1440, 900);
    host_->set_columns_hidden(context_.settings.value(columns_key, false).toBool());
    context_.actions.find(QStringLiteral("window.columns"))->setChecked(host_->columns_hidden());
    show_project();
    show_engine();
    show_stage(Stage::Data);
    show_last_stage();

    for (const PluginState& plugin : plugins_)
        if (plugin.outcome == PluginState::Outcome::Refused ||
            plugin.outcome == PluginState::Outcome::Failed) {
            Notice notice{
                Notice::Kind::Look,
                tr("The plugin “%1” does not work: %2 The rest goes on without it.")
                    .arg(QString::fromStdString(plugin.manifest.id), QString::fromStdString(plugin.reason))};
            notice.action = tr("About plugins");
            notice.handler = [this] { show_plugins(); };
            notice.topic = QStringLiteral("plugins");
            context_.notices.show(notice);
        }
}

MainWindow::~MainWindow() {
    // Children first, while the services' signals cannot reach a half-destroyed window.
    disconnect(&context_.session, nullptr, this, nullptr);
    disconnect(&context_.engine, nullptr, this, nullptr);
    disconnect(&items_, nullptr, this, nullptr);
    delete takeCentralWidget();
}

void MainWindow::register_actions() {
    ActionRegistry& actions = context_.actions;
    int number = 1;
    for (Stage stage : all_stages()) {
        ActionSpec spec{ActionRegistry::stage_action(stage), tr("Go to %1").arg(stage_name(stage))};
        spec.icon = stage_id(stage);
        spec.shortcut = QKeySequence(QStringLiteral("Alt+%1").arg(number++));
        spec.checkable = true;
        spec.handler = [this, stage] { show_stage(stage); };
        actions.add(spec, this)->setIconText(stage_name(stage)); // what the tab says
    }
    const auto add = [&](const char* id, const QString& title, const char* icon, const char* keys,
                         std::function<void()> handler, const QString& help = {}) {
        ActionSpec spec{QString::fromLatin1(id), title, help, QString::fromLatin1(icon),
                        QKeySequence(QString::fromLatin1(keys))};
        spec.handler = std::move(handler);
        return actions.add(spec, this);
    };
    add("window.find", tr("Find a command, image or run"), "search", "Ctrl+K", [this] { palette_->open(); });
    {
        ActionSpec spec{QStringLiteral("window.columns"), tr("Hide the columns"), tr("Leaves the data alone"),
                        QStringLiteral("columns"), QKeySequence(Qt::Key_F9)};
        spec.checkable = true;
        spec.handler = [this] {
            host_->set_columns_hidden(!host_->columns_hidden());
            context_.settings.setValue(columns_key, host_->columns_hidden());
        };
        actions.add(spec, this);
    }
    add("window.theme", tr("Switch between light and dark"), "theme", "Ctrl+Shift+D", [this] {
        context_.theme.toggle();
        Preferences preferences = Preferences::read(context_.settings);
        preferences.theme = context_.theme.mode();
        preferences.write(context_.settings);
    });
    add("window.full-screen", tr("Full screen"), "zoom-fit", "F11",
        [this] { isFullScreen() ? showNormal() : showFullScreen(); });
    add("window.settings", tr("Settings"), "settings", "Ctrl+,", [this] {
        SettingsDialog dialog(context_.theme, Preferences::read(context_.settings), this);
        connect(&dialog, &SettingsDialog::chosen, this, &MainWindow::preferences_chosen);
        dialog.exec();
    });
    add("window.shortcuts", tr("Keyboard shortcuts"), "keyboard", "Ctrl+/",
        [this] { ShortcutsDialog(context_.theme, context_.actions, this).exec(); });
    add("window.plugins", tr("About plugins"), "plugin", "", [this] { show_plugins(); });
    add("window.engine-restart", tr("Start the engine again"), "refresh", "",
        [this] { context_.engine.restart(); });
    add("window.help", tr("Help for this stage"), "help", "F1", [this] {
        if (!help_)
            help_ = new HelpViewer(context_.theme, this);
        help_->show_stage(host_->stage());
    });
    add("window.about", tr("About Eyepiece"), "info", "", [this] {
        QMessageBox::about(this, tr("About Eyepiece"),
                           tr("Eyepiece %1\n\nFrom raw data to a trained, understood, exported model.\n\n"
                              "Free software under the GNU General Public License, version 3 or later.")
                               .arg(QStringLiteral(EYEPIECE_VERSION)));
    });
    add("window.quit", tr("Quit"), "close", "Ctrl+Q", [this] { close(); });
    add("edit.undo", tr("Undo"), "undo", "Ctrl+Z", [this] { context_.session.undo(); });
    add("edit.redo", tr("Redo"), "redo", "Ctrl+Shift+Z", [this] { context_.session.redo(); });
}

void MainWindow::register_image_actions() {
    const auto add = [&](const char* id, const QString& title, const char* icon, const char* keys,
                         std::function<void()> handler) {
        ActionSpec spec{QString::fromLatin1(id),
                        title,
                        {},
                        QString::fromLatin1(icon),
                        QKeySequence(QString::fromLatin1(keys))};
        spec.handler = std::move(handler);
        context_.actions.add(spec, browser_);
    };
    add("images.next", tr("Next image"), "next", "PgDown", [this] { browser_->step(1); });
    add("images.previous", tr("Previous image"), "previous", "PgUp", [this] { browser_->step(-1); });
    add("images.filter", tr("Filter the images"), "filter", "Ctrl+F", [this] { browser_->focus_filter(); });
}

void MainWindow::fill_menu(const QStringList& first) {
    menu_->clear();
    QStringList ids = first;
    ids << QString() << "edit.undo"
        << "edit.redo" << QString() << "window.find"
        << "window.columns"
        << "window.theme"
        << "window.full-screen" << QString() << "window.settings"
        << "window.shortcuts"
        << "window.plugins"
        << "window.help"
        << "window.about" << QString() << "window.quit";
    for (const QString& id : ids) {
        QAction* action = id.isEmpty() ? nullptr : context_.actions.find(id);
        if (action)
            menu_->addAction(action);
        else if (!menu_->isEmpty())
            menu_->addSeparator();
    }
}

void MainWindow::fill_palette() {
    palette_->add_source([this](const QString&, std::vector<PaletteEntry>& entries) {
        ActionRegistry& actions = context_.actions;
        for (const QString& id : actions.ids()) {
            const ActionSpec& spec = *actions.spec(id);
            if (!actions.find(id)->isEnabled() || id == u"window.find")
                continue;
            const bool is_stage = id.startsWith(u"stage.");
            const QString where =
                spec.stage && *spec.stage != host_->stage() ? stage_name(*spec.stage) : QString();
            entries.push_back({is_stage          ? tr("Stage")
                               : where.isEmpty() ? tr("Command")
                                                 : where,
                               spec.title, actions.shortcut(id).toString(QKeySequence::NativeText), spec.icon,
                               [this, id, stage = spec.stage] {
                                   if (stage && *stage != host_->stage())
                                       show_stage(*stage);
                                   context_.actions.trigger(id);
                               },
                               0, command_of(spec)});
        }
    });
    connect(palette_, &CommandPalette::command_wanted, this,
            [this](const QString& line) { copy_line(line, context_.notices); });
    palette_->add_source([this](const QString& query, std::vector<PaletteEntry>& entries) {
        if (query.isEmpty())
            return;
        int enough = 200; // of 50,000 names one types a little more
        for (const Item& item : items_.items()) {
            const QString name = QString::fromStdString(item.name);
            if (!name.contains(query, Qt::CaseInsensitive))
                continue;
            entries.push_back({tr("Image"), name, describe_item(item).text, QStringLiteral("image"),
                               [this, id = item.id] { context_.selection.set_item(id); }, 0});
            if (--enough == 0)
                break;
        }
    });
    palette_->add_source([this](const QString& query, std::vector<PaletteEntry>& entries) {
        if (query.isEmpty() || !context_.session.is_open())
            return;
        for (const RunInfo& run : context_.session.project().runs().all())
            entries.push_back({tr("Run"), QString::fromStdString(run.id), QString::fromStdString(run.state()),
                               QStringLiteral("train"),
                               [this, id = QString::fromStdString(run.id)] {
                                   context_.selection.set_run(id);
                                   if (stage() != Stage::Train && stage() != Stage::Evaluate &&
                                       stage() != Stage::Explain && stage() != Stage::Export)
                                       show_stage(Stage::Train);
                               },
                               0});
    });
}

void MainWindow::show_stage(Stage stage) {
    context_.actions.set_stage(stage);
    bar_->set_stage(stage);
    host_->show_stage(stage);
    if (context_.session.is_open()) {
        context_.settings.setValue(stage_key, stage_id(stage));
        context_.settings.setValue(stage_project_key, context_.session.folder());
    }
    Q_EMIT stage_shown(stage);
}

// Of the project that was last worked on; another one begins with its data.
void MainWindow::show_last_stage() {
    if (!context_.session.is_open() ||
        context_.settings.value(stage_project_key).toString() != context_.session.folder())
        return;
    if (const auto last = stage_from_id(context_.settings.value(stage_key).toString()))
        show_stage(*last);
}

Stage MainWindow::stage() const {
    return host_->stage();
}

void MainWindow::show_project() {
    ProjectSession& session = context_.session;
    QString name, state;
    bool can_undo = false, can_redo = false;
    if (session.is_open()) {
        name = session.name();
        const auto count = static_cast<qlonglong>(items_.size());
        // Each edit is on disk when it is made, so there is nothing that could be unsaved.
        state =
            (count == 1 ? tr("1 image") : tr("%1 images").arg(QLocale().toString(count))) + tr(" · saved");
        const auto undo = session.project().history().next_undo(),
                   redo = session.project().history().next_redo();
        can_undo = undo.has_value();
        can_redo = redo.has_value();
        context_.actions.find(QStringLiteral("edit.undo"))
            ->setText(undo ? tr("Undo %1").arg(QString::fromStdString(undo->title)) : tr("Undo"));
        context_.actions.find(QStringLiteral("edit.redo"))
            ->setText(redo ? tr("Redo %1").arg(QString::fromStdString(redo->title)) : tr("Redo"));
    }
    context_.actions.find(QStringLiteral("edit.undo"))->setEnabled(can_undo);
    context_.actions.find(QStringLiteral("edit.redo"))->setEnabled(can_redo);
    bar_->set_project(name, state);
    setWindowTitle(name.isEmpty() ? QStringLiteral("Eyepiece") : name + QStringLiteral(" – Eyepiece"));
}

void MainWindow::show_engine() {
    using State = EngineClient::State;
    const State state = context_.engine.state();
    const Token token = state == State::Failed                          ? Token::Bad
                        : state == State::Restarting                    ? Token::Look
                        : state == State::Ready || state == State::Busy ? Token::Good
                                                                        : Token::Line;
    // What an engine that is gone computed on says nothing of the one to come.
    const bool up = state == State::Ready || state == State::Busy;
    const QString line = up                           ? context_.engine.device_line()
                         : state == State::Starting   ? tr("Engine starts…")
                         : state == State::Restarting ? tr("Engine starts again…")
                         : state == State::Failed     ? tr("Engine stopped")
                                                      : tr("Engine rests");
    bottom_->set_engine(line, token, context_.engine.sentence());
    if (plugins_dialog_)
        plugins_dialog_->set_engine_plugins(context_.engine.hello().value("plugins", Json()));
}

void MainWindow::show_plugins() {
    if (!plugins_dialog_)
        plugins_dialog_ = new PluginsDialog(context_.theme, plugins_, this);
    plugins_dialog_->set_engine_plugins(context_.engine.hello().value("plugins", Json()));
    plugins_dialog_->show();
    plugins_dialog_->raise();
}

void MainWindow::list_job(BackgroundJob* job) {
    Job entry;
    entry.title = job->title();
    entry.controls.cancel = [job = QPointer<BackgroundJob>(job)] {
        if (job)
            job->cancel();
    };
    const JobModel::JobId id = context_.jobs.add(entry);
    connect(job, &BackgroundJob::progressed, this,
            [this, id](double fraction, const QString& stage) { context_.jobs.update(id, fraction, stage); });
    connect(job, &QObject::destroyed, this, [this, id] { context_.jobs.end(id); });
}

void MainWindow::closeEvent(QCloseEvent* event) {
    context_.settings.setValue(geometry_key, saveGeometry());
    QMainWindow::closeEvent(event);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (drop_ && event->mimeData()->hasUrls())
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
    QStringList paths;
    for (const QUrl& url : event->mimeData()->urls())
        if (url.isLocalFile())
            paths.append(url.toLocalFile());
    if (paths.isEmpty()) {
        context_.notices.show(
            Notice::Kind::Look,
            tr("Only files and folders of this machine can be dropped here. Save them first."));
        return;
    }
    event->acceptProposedAction();
    drop_(paths);
}

void MainWindow::changeEvent(QEvent* event) {
    // Where the file system does not tell of changes (network drives), coming back to the window is the
    // moment.
    if (event->type() == QEvent::ActivationChange && isActiveWindow())
        context_.session.look_for_external_changes();
    QMainWindow::changeEvent(event);
}

} // namespace eyepiece
