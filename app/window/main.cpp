// SPDX-License-Identifier: GPL-3.0-or-later
// The window: eyepiece [DIR] [--sample] [--stage NAME] [--theme light|dark] [--screenshot FILE --size WxH]
#include "app/window/pulse.h"
#include "app/window/workbench.h"
#include "core/base/error.h"
#include "core/base/version.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/engine/job_model.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/main_window.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/theme.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QElapsedTimer>
#include <QRegularExpression>
#include <QTimer>
#include <cstdio>

namespace {

using namespace eyepiece;

constexpr int wrong_usage = 2;

int complain(const QString& message, int status) {
    std::fprintf(stderr, "eyepiece: %s\n", message.toUtf8().constData());
    return status;
}

// Renders the window once it has nothing more to read, and ends the program: for documentation and checks.
void take_screenshot(Workbench& workbench, const QString& file) {
    constexpr int look_again_ms = 100, settled_looks = 5, patience_ms = 120'000;
    auto* timer = new QTimer(&workbench);
    auto waited = std::make_shared<QElapsedTimer>();
    waited->start();
    QObject::connect(timer, &QTimer::timeout, &workbench,
                     [&workbench, file, timer, waited, quiet = 0]() mutable {
                         WorkbenchContext& context = workbench.context();
                         // The sample project is being made before any project is open, so the job list is
                         // asked.
                         const bool busy = context.jobs.rowCount() > 0 ||
                                           (context.canvas.isVisible() && !context.canvas.idle());
                         quiet = busy ? 0 : quiet + 1;
                         if (quiet < settled_looks && waited->elapsed() < patience_ms)
                             return;
                         timer->stop();
                         if (!workbench.window().grab().save(file))
                             QApplication::exit(
                                 complain(QStringLiteral("The picture %1 cannot be written.").arg(file), 1));
                         else
                             QApplication::exit(0);
                     });
    timer->start(look_again_ms);
}

} // namespace

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    QApplication::setApplicationName(QStringLiteral("eyepiece"));
    QApplication::setApplicationDisplayName(QStringLiteral("Eyepiece"));
    QApplication::setApplicationVersion(QStringLiteral(EYEPIECE_VERSION));
    QApplication::setDesktopFileName(QStringLiteral("org.eyepiece.Eyepiece"));

    QCommandLineParser parser;
    parser.setApplicationDescription(
        QStringLiteral("From raw data to a trained, understood, exported model."));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument(QStringLiteral("DIR"), QStringLiteral("A project, or a folder of images."),
                                 QStringLiteral("[DIR]"));
    const QCommandLineOption sample(QStringLiteral("sample"),
                                    QStringLiteral("Open the sample project; made in DIR, if given."));
    const QCommandLineOption stage(QStringLiteral("stage"), QStringLiteral("Show this stage first."),
                                   QStringLiteral("NAME"));
    const QCommandLineOption theme(QStringLiteral("theme"), QStringLiteral("light or dark, for this time."),
                                   QStringLiteral("NAME"));
    const QCommandLineOption screenshot(QStringLiteral("screenshot"),
                                        QStringLiteral("Draw the window into FILE and end."),
                                        QStringLiteral("FILE"));
    const QCommandLineOption size(QStringLiteral("size"), QStringLiteral("Size of the window, in pixels."),
                                  QStringLiteral("WxH"));
    const QCommandLineOption settings(QStringLiteral("settings"), QStringLiteral("Keep settings in FILE."),
                                      QStringLiteral("FILE"));
    parser.addOptions({sample, stage, theme, screenshot, size, settings});
    if (!parser.parse(application.arguments()))
        return complain(parser.errorText(), wrong_usage);
    if (parser.isSet(QStringLiteral("help")))
        parser.showHelp(0);
    if (parser.isSet(QStringLiteral("version")))
        parser.showVersion();
    const auto wanted_stage = stage_from_id(parser.value(stage).toLower());
    if (parser.isSet(stage) && !wanted_stage)
        return complain(
            QStringLiteral("There is no stage \"%1\". Stages: data, explore, label, train, evaluate, "
                           "explain, export.")
                .arg(parser.value(stage)),
            wrong_usage);
    const QRegularExpressionMatch extent =
        QRegularExpression(QStringLiteral("^(\\d{3,5})x(\\d{3,5})$")).match(parser.value(size));
    if (parser.isSet(size) && !extent.hasMatch())
        return complain(
            QStringLiteral("The size \"%1\" is not of the form 1440x900.").arg(parser.value(size)),
            wrong_usage);
    if (parser.isSet(theme) && parser.value(theme) != u"light" && parser.value(theme) != u"dark")
        return complain(
            QStringLiteral("There is no theme \"%1\": say light or dark.").arg(parser.value(theme)),
            wrong_usage);

    try {
        Workbench workbench(parser.value(settings));
        if (parser.isSet(theme))
            workbench.context().theme.set_mode(parser.value(theme) == u"dark" ? ThemeMode::Dark
                                                                              : ThemeMode::Light);
        if (extent.hasMatch())
            workbench.window().resize(extent.captured(1).toInt(), extent.captured(2).toInt());
        Pulse::start_if_wanted(workbench.window());
        workbench.window().show();
        QTimer::singleShot(0, &workbench, [&] {
            if (parser.isSet(sample))
                workbench.open_sample(parser.positionalArguments().value(0));
            else
                workbench.open(parser.positionalArguments());
            if (wanted_stage)
                workbench.window().show_stage(*wanted_stage);
            QTimer::singleShot(0, &workbench, [&] { workbench.start_engine(); });
            if (parser.isSet(screenshot))
                take_screenshot(workbench, parser.value(screenshot));
        });
        return QApplication::exec();
    } catch (const std::exception& error) {
        return complain(QString::fromUtf8(error.what()), 1);
    }
}
