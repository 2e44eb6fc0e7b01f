// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/formats/table_reader.h"
#include "plugins/explore/panels/exploration_record.h"
#include "widgets/plots/scatter_scene.h"
#include "widgets/table/latest_work.h"
#include "widgets/table/row_selection.h"

#include <QObject>
#include <QString>
#include <QStringList>
#include <optional>

namespace eyepiece {

// One table and what is done to it: the steps, their outcomes, the classes that the user named. Knows no
// widget. The table that it shows is the file's, with the user's corrections and a column for each thing
// found; it is put together on a thread of its own. Lives on the window's thread.
class Exploration : public QObject {
    Q_OBJECT
public:
    explicit Exploration(QObject* parent = nullptr);
    ~Exploration() override;

    bool is_open() const { return opened_ != nullptr; }
    const OpenedTable& opened() const { return *opened_; }
    const std::shared_ptr<const OpenedTable>& shared_opened() const { return opened_; } // for other threads
    const ExplorationRecord& record() const { return record_; }
    RowSelection& selection() { return selection_; }
    const std::shared_ptr<const Table>& table() const { return table_; } // empty before table_changed()

    void adopt(std::shared_ptr<const OpenedTable> opened, ExplorationRecord record);
    void set_id(const std::string& id) { record_.id = id; }
    void close();

    // A column of the file, by name. Those that steps made cannot be corrected.
    bool correctable(const std::string& column) const;
    void correct(const std::string& column, const ColumnCorrection& correction);

    const ExplorationStep* step(int id) const;
    int add_step(StepKind kind, const std::string& name, const std::string& title,
                 const Json& set = Json::object());
    void remove_step(int id);
    void move_step(int id, int by); // up: negative
    void set_settings(int id, const Json& set);
    void set_target(int id, const std::string& column); // whose classes the step heeds; empty: none
    void set_outcome(int id, std::shared_ptr<StepOutcome> outcome);
    // Its outcome is what the steps as they are now would give.
    bool up_to_date(int id) const;

    // What the engine is asked for this step: the table, the preparing steps above it, and its own settings.
    Json spec(int id) const;
    QStringList command(int id) const; // the words of eyepiece-cli that do the same
    // What every question about the table begins with: the file as it was read, its features (with
    // categories), all preparing steps; and the words of eyepiece-cli for a spec made of it.
    Json table_spec() const;
    QStringList table_words(const QString& verb, const Json& spec) const;

    // Where an outcome puts the rows; null when it is none of Reduce.
    std::shared_ptr<const ScatterPoints> map(const StepOutcome& outcome) const;

    // The first three axes of an outcome, a value for each row of a table of so many; fewer where it has no
    // more dimensions. NaN: rows that the outcome left out. Any thread.
    static std::vector<std::vector<float>> axes(const StepOutcome& outcome, std::size_t rows);

    // Gives the rows a class of this name; a row has one class at most. An empty name takes it away.
    void name_rows(const std::string& name, const std::vector<std::size_t>& rows);
    void update_look(const Json& members); // the others stay
    // Keeps what the engine answered to a question; none takes it away.
    void set_answer(const std::string& question, std::shared_ptr<const TableAnswer> answer);
    // What the label of a row was and is to be; undo_label() takes the last one back and gives its row.
    void decide_label(const LabelDecision& decision);
    std::optional<LabelDecision> undo_label();
    void keep_model(const KeptModel& model);
    void forget_model(const std::filesystem::path& path); // its file stays

    // "UMAP"; "UMAP (step 3)" where there are several.
    std::string distinct_title(const ExplorationStep& step) const;

Q_SIGNALS:
    void adopted();        // another table; everything is to be shown anew
    void table_changed();  // columns were added, changed or taken away
    void steps_changed();  // another list of steps
    void models_changed(); // another list of kept models
    void step_changed(int id);
    void record_changed(); // worth keeping
    void closed();
    void failed(const QString& message);

private:
    ExplorationStep* find(int id);
    bool heeds(const ExplorationStep& of_step, const std::string& column) const; // its labels
    Json asked_of_table(bool categories, int before) const; // what prepares the step `before`; 0: all
    void rebuild();

    std::shared_ptr<const OpenedTable> opened_;
    ExplorationRecord record_;
    std::shared_ptr<const Table> table_ = std::make_shared<const Table>();
    RowSelection selection_;
    LatestWork building_;
};

} // namespace eyepiece
