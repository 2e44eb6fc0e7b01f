// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/label/panels/classify_dialog.h"
#include "widgets/engine/engine_client.h"

#include <QObject>
#include <QStringList>
#include <vector>

namespace eyepiece {

class WorkbenchContext;

// Keeps what the project's labels teach ("train-forest") and applies it to many images, one after the other
// ("classify-pixels"). Listed among the jobs, with its progress and a cancel. One request is with the engine
// at a time, so that what the user asks meanwhile waits for one image at most. An image that cannot be
// classified is left out with its reason, and the rest goes on. Lives on the window's thread.
class ClassifyMany : public QObject {
    Q_OBJECT
public:
    struct Task {
        QString image, out; // a file, and the folder that its result goes to
    };
    explicit ClassifyMany(WorkbenchContext& context, QObject* parent = nullptr);
    ~ClassifyMany() override;

    // `settings`: of the live classifier, so that what was seen is what is applied.
    void start(const ClassifyRequest& request, const Json& settings);
    void cancel();
    bool running() const { return job_ != 0; }
    void copy_command(const ClassifyRequest& request, const Json& settings) const;

private:
    void find_images();
    void learn();
    void next();
    void leave_out(const QString& reason);
    void end(bool well, const QString& words);
    void show_progress(double of_this, const QString& stage);

    WorkbenchContext& context_;
    ClassifyRequest request_;
    Json settings_;
    QString project_;
    std::vector<Task> tasks_;
    std::size_t at_ = 0; // the one in hand
    int made_ = 0, failures_in_a_row_ = 0;
    QStringList left_out_;
    quint64 job_ = 0;
    quint64 round_ = 0; // answers of an earlier start() do not count
};

} // namespace eyepiece
