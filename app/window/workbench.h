// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QObject>
#include <QString>
#include <QStringList>
#include <memory>

class QSettings;

namespace eyepiece {

class MainWindow;
class WorkbenchContext;

// The composition root: builds the services, hands them to the window and the panels, and takes them down in
// the right order. Nothing else knows all of them.
class Workbench : public QObject {
    Q_OBJECT
public:
    // `settings_file` empty: the user's own settings.
    explicit Workbench(const QString& settings_file = {}, QObject* parent = nullptr);
    ~Workbench() override;

    MainWindow& window();
    WorkbenchContext& context();

    // Opens what was asked for: a project, a folder of images, files; nothing: the project of the last time.
    void open(const QStringList& paths);
    void open_sample(const QString& folder = {}); // made first where it is not there yet
    // After the window is on the screen: LibTorch takes its time, and the window must not wait for it.
    void start_engine();

private:
    struct Services;
    void connect_services();
    std::unique_ptr<Services> services_;
};

} // namespace eyepiece
