// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "plugins/label/panels/classifier_answer.h"
#include "widgets/canvas/byte_tiles.h"
#include "widgets/canvas/label_prediction.h"

#include <memory>
#include <vector>

namespace eyepiece {

// What is known so far of the pixels of one image. The tiles hold a class's place in classes(), which stays
// the same while classes come and go from one answer to the next. Lives on one thread; a Snapshot may be
// read, and grow by what an answer says, on any: only its taking over is left for the thread of the window.
class Classification {
public:
    struct Snapshot {
        ByteTiles classes, certainty;
        std::vector<ClassId> class_ids;
    };
    // What is known once an answer's bytes have become tiles, and where they are.
    struct Piece {
        Region region;
        ByteTiles classes, certainty;
        double sure = 0; // share of its pixels that are sure: twice as likely of their class as of any other
    };

    Classification() = default;
    Classification(std::int64_t height, std::int64_t width);

    bool empty() const { return known_.empty(); }
    Region extent() const { return classes_ ? classes_->extent() : Region{}; }
    const Region& known() const { return known_; } // around all that is known
    const std::vector<ClassId>& class_ids() const { return class_ids_; }
    const std::shared_ptr<ByteTiles>& classes() const { return classes_; }     // shared with their layer
    const std::shared_ptr<ByteTiles>& certainty() const { return certainty_; } // shared with their layer
    Snapshot snapshot() const { return {*classes_, *certainty_, class_ids_}; }

    // The places of an answer's classes, in its order; new ones are added. Empty when there is no place left.
    std::vector<std::uint8_t> places(const std::vector<ClassId>& classes);
    // Adds the answer to `known`, which the piece shares.
    static Piece unpack(const PixelClasses& answer, const std::vector<std::uint8_t>& places, Snapshot& known);
    // Takes over a piece whose `known` began as the newest snapshot.
    void put(const Piece& piece);

private:
    std::shared_ptr<ByteTiles> classes_, certainty_;
    std::vector<ClassId> class_ids_;
    Region known_;
};

// How objects are made of it.
struct ObjectSettings {
    std::int64_t least_area = 30; // px
    bool split = true;            // touching ones, by a watershed of the distance to their rim
};

// The connected parts of each class but the background, as a prediction to be accepted; those that labels
// cover by half and more are left out: someone drew them. Not for the window's thread. Throws
// Error(Cancelled).
LabelPrediction objects_of(const Classification::Snapshot& classification, const LabelTiles::Snapshot& labels,
                           const ObjectSettings& settings, const QString& title, JobContext& context);

} // namespace eyepiece
