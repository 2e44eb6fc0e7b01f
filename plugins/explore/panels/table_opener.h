// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/formats/table_reader.h"
#include "plugins/explore/panels/exploration_record.h"

#include <QObject>
#include <QString>
#include <functional>
#include <memory>

class QWidget;

namespace eyepiece {

class BackgroundJob;
class WorkbenchContext;

// Reads tables off the window's thread, listed among the jobs. One at a time: a newer one takes the place of
// one that is still being read. Lives on the window's thread.
class TableOpener : public QObject {
    Q_OBJECT
public:
    explicit TableOpener(WorkbenchContext& context, QObject* parent = nullptr);
    ~TableOpener() override;

    // `record`: what is known of it beforehand, with its source.
    void open(const ExplorationRecord& record);
    // The record read there, too. `settle` is called there at the end, to fit the record to the table.
    using Settle = std::function<void(ExplorationRecord& record, const OpenedTable& table)>;
    void open(const std::function<ExplorationRecord()>& read_record, const QString& title,
              const Settle& settle = {});
    void cancel();
    bool running() const { return job_ != nullptr; }
    QString title() const { return title_; }
    double fraction() const;
    QString stage() const;

Q_SIGNALS:
    void started();
    void progressed();
    void opened(std::shared_ptr<const eyepiece::OpenedTable> table,
                const eyepiece::ExplorationRecord& record);
    void failed(const QString& message);
    void ended(); // last, whether it was opened, failed or was cancelled

private:
    WorkbenchContext& context_;
    std::unique_ptr<BackgroundJob> job_;
    QString title_;
    quint64 listed_ = 0;
};

// Asks for a table's file; empty: the user thought better of it.
QString ask_for_table(QWidget* parent, const QString& title);

} // namespace eyepiece
