// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/changes.h"
#include "plugins/label/panels/classification.h"
#include "widgets/canvas/indexed_layer.h"
#include "widgets/canvas/label_editor.h"
#include "widgets/table/latest_work.h"

#include <QObject>
#include <QPointer>
#include <QTimer>
#include <optional>
#include <set>
#include <vector>

namespace eyepiece {

class LayerStack;
class WorkbenchContext;

// Learns from what is painted and classifies every pixel of the image in sight: asks the engine's
// "live-forest" once a stroke is on disk, after undo and redo, and for another image or plane; shows what
// comes, piece by piece, as two layers of the canvas. A newer question takes the older one's place, so that
// at most one waits. Lives on the window's thread; bytes become tiles on another.
class LiveClassifier : public QObject {
    Q_OBJECT
public:
    static constexpr const char* classes_layer = "classes";
    static constexpr const char* uncertainty_layer = "uncertainty";
    enum class State {
        Off,
        NoImage, // on, but no image of the project is in front
        Working, // asked; what is shown is of the question before
        Ready,
        Refused, // the engine says what is missing: nothing is shown
        Failed   // it went wrong: what is shown is of the question before
    };

    explicit LiveClassifier(WorkbenchContext& context, QObject* parent = nullptr);
    ~LiveClassifier() override;

    bool on() const { return on_; }
    void set_on(bool on);
    // Nothing is asked while nobody looks, and the layers are put away.
    void set_in_sight(bool in_sight);
    void set_settings(const Json& settings); // of the operation; asks anew a little later
    const Json& settings() const { return settings_; }
    void ask_again() { ask_in(0); }

    State state() const { return state_; }
    const QString& problem() const { return problem_; } // a sentence, when Refused or Failed
    double fraction() const { return fraction_; }       // of the work in hand; < 0: unknown
    const QString& stage() const { return stage_; }

    const Classification& classification() const { return classification_; }
    const ClassifierReport* report() const { return report_ ? &*report_ : nullptr; } // null: none yet
    double sure() const { return sure_; } // share of what was classified, once there is a report

    // How the layers are shown, also while there are none; what the list of layers sets counts as well.
    double opacity() const { return classes_shown_.opacity; }
    void set_opacity(double opacity);
    bool uncertainty_shown() const { return uncertainty_shown_.visible; }
    void show_uncertainty(bool shown);

Q_SIGNALS:
    void changed();                       // any of the above but what follows
    void progressed();                    // fraction() and stage()
    void looks_changed();                 // opacity() and uncertainty_shown()
    void reported(eyepiece::ItemId item); // report() is a new one

private:
    struct Look {
        bool visible = true;
        double opacity = 0.45;
    };
    struct Arrived { // from the engine, to be turned into tiles
        PixelClasses answer;
        std::vector<std::uint8_t> places;
        std::optional<ClassifierReport> report;
    };

    void follow_item();
    void ask_in(int ms);
    void ask();
    Json spec() const;
    void take(const EngineReply& reply, bool last);
    void unpack();
    void put(const Classification::Piece& piece, std::optional<ClassifierReport> report);
    void fail(const Error& error);
    void clear();
    void set_state(State state, const QString& problem = {});
    void put_layers();
    void take_layers_away();
    void follow_looks();
    void color();
    IndexColors class_colors() const;

    WorkbenchContext& context_;
    QPointer<LayerStack> layers_; // the canvas's, which may be taken down first
    bool on_ = false, in_sight_ = false;
    LabelColoring coloring_before_ = LabelColoring::Automatic;
    State state_ = State::Off;
    QString problem_, stage_;
    double fraction_ = -1;
    Json settings_ = Json::object();
    ItemId item_ = 0; // what classification_ is of; 0: none
    Classification classification_;
    std::optional<ClassifierReport> report_;
    double sure_ = 0;
    Look classes_shown_, uncertainty_shown_{false, 0.8};
    bool moving_layers_ = false; // it is we who change them
    std::set<ClassId> known_classes_;
    bool lost_ = false;     // the engine went away with our question: it is asked again,
    bool retrying_ = false; // once
    QTimer soon_;
    std::vector<Arrived> arrived_;
    LatestWork unpacking_{LatestWork::Policy::Complete};
};

} // namespace eyepiece
