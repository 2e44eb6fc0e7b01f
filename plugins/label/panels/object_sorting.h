// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/labels.h"
#include "plugins/label/panels/feature_importance.h"
#include "widgets/table/latest_work.h"

#include <QObject>
#include <QPointer>
#include <QTimer>
#include <map>
#include <optional>
#include <vector>

namespace eyepiece {

class BackgroundJob;
class EngineReply;
class LabelTools;
class WorkbenchContext;

// Sorts the project's objects into classes by the examples that the Example tool chooses: keeps those in the
// project, asks the engine's "sort-objects" after each, shows what it says through the tool, and gives the
// objects their classes. Lives on the window's thread; files are written on another.
class ObjectSorting : public QObject {
    Q_OBJECT
public:
    struct Told {
        ObjectKey key;
        ClassId class_id = 0;
        float certainty = 0; // 0 to 1
    };
    struct Report {
        std::vector<Told> objects;
        std::vector<ObjectKey> next;      // the least sure first
        std::optional<double> out_of_bag; // share of examples told rightly by trees that had not seen them
        std::vector<FeatureImportance> importances; // falling
        std::map<ClassId, int> examples;
        std::int64_t changes = 0; // objects that would get another class
    };

    ObjectSorting(WorkbenchContext& context, LabelTools& tools, QObject* parent = nullptr);
    ~ObjectSorting() override;

    const std::vector<ObjectKey>& examples() const { return examples_; } // those gone since included
    const Report* report() const { return report_ ? &*report_ : nullptr; }
    const QString& problem() const { return problem_; } // a sentence: what is missing, or went wrong
    bool working() const { return working_; }           // the engine is asked
    bool applying() const { return !applying_.isNull(); }
    // Nothing is asked while nobody looks.
    void set_in_sight(bool in_sight);

    void apply(bool this_image_only); // one step that undo takes back
    void show_next();                 // an object that it is least sure of, one after the other
    void forget_examples();

Q_SIGNALS:
    void changed();

private:
    void load();
    void choose(ObjectId id, bool is_example);
    void store();
    void ask_in(int ms);
    void ask();
    void take(const EngineReply& reply);
    void clear_report();
    void show_on_image();
    void say(const QString& words);

    WorkbenchContext& context_;
    LabelTools& tools_;
    std::vector<ObjectKey> examples_;
    std::optional<Report> report_;
    QString problem_;
    bool working_ = false, in_sight_ = false, stale_ = true;
    std::size_t shown_ = 0; // of the report's next
    QTimer soon_;
    QPointer<BackgroundJob> applying_;
    LatestWork storing_{LatestWork::Policy::Complete};
};

} // namespace eyepiece
