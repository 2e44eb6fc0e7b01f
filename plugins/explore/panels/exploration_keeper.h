// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/explore/panels/exploration_record.h"
#include "widgets/table/latest_work.h"

#include <QObject>
#include <QTimer>
#include <optional>

namespace eyepiece {

class Exploration;
class TableOpener;
class WorkbenchContext;

// Keeps the exploration in the project's folder as it comes about, and brings it back: the last one when the
// project is opened, others when asked. Lives on the window's thread; writes on a thread of its own.
class ExplorationKeeper : public QObject {
    Q_OBJECT
public:
    ExplorationKeeper(WorkbenchContext& context, Exploration& exploration, TableOpener& opener,
                      QObject* parent = nullptr);
    ~ExplorationKeeper() override;

    // A file: with all that this project knows of it already.
    void open_file(const QString& path);
    // A table that was made of the project. That of the exploration at hand, made anew: what still holds of
    // it stays.
    void open_made(const ExplorationRecord& record);
    // The one at hand, read otherwise.
    void open_again(const TableSource& source);
    void open_recent(const QString& id);
    // The steps at hand, to be run on another table.
    void open_with_steps(const QString& path);
    // A table, with all that is known of it already and one more step, which predicts with this model.
    void open_to_predict(const QString& path, const KeptModel& model);
    std::vector<KeptModel> models() const; // of all explorations of the project, that at hand first
    const std::vector<ExplorationStore::Entry>& recent() const { return recent_; }
    void flush(); // writes what is not written yet, now

Q_SIGNALS:
    void recent_changed();
    void models_changed();
    void prediction_added(int id); // to the exploration that was opened for it

private:
    void project_opened();
    void project_closing();
    void save_soon();
    void save();
    void list();

    WorkbenchContext& context_;
    Exploration& exploration_;
    TableOpener& opener_;
    std::vector<ExplorationStore::Entry> recent_;
    std::optional<KeptModel> to_predict_with_; // what is being opened
    std::filesystem::path folder_;             // of the project; empty: none, nothing is kept
    bool restore_ = false;                     // the last exploration is wanted
    bool dirty_ = false;
    QTimer soon_;
    LatestWork writing_, listing_;
};

} // namespace eyepiece
