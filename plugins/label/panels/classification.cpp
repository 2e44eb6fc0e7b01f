// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/classification.h"

#include "core/base/error.h"
#include "core/data/class_objects.h"

#include <algorithm>
#include <array>
#include <span>

namespace eyepiece {

namespace {
// A certainty is the first class's probability less the second's: 85 of 255 is two thirds against one third.
constexpr std::uint8_t sure_from = 85;
} // namespace

Classification::Classification(std::int64_t height, std::int64_t width)
    : classes_(std::make_shared<ByteTiles>(height, width))
    , certainty_(std::make_shared<ByteTiles>(height, width)) {}

std::vector<std::uint8_t> Classification::places(const std::vector<ClassId>& classes) {
    std::vector<std::uint8_t> places;
    for (const ClassId id : classes) {
        auto found = std::find(class_ids_.begin(), class_ids_.end(), id);
        if (found == class_ids_.end()) {
            if (class_ids_.size() >= ByteTiles::unknown)
                return {};
            found = class_ids_.insert(class_ids_.end(), id);
        }
        places.push_back(static_cast<std::uint8_t>(found - class_ids_.begin()));
    }
    return places;
}

Classification::Piece Classification::unpack(const PixelClasses& answer,
                                             const std::vector<std::uint8_t>& places, Snapshot& known) {
    std::array<std::uint8_t, 256> place_of;
    place_of.fill(ByteTiles::unknown);
    std::copy(places.begin(), places.end(), place_of.begin());
    std::vector<std::uint8_t> bytes(answer.indexes.size());
    std::transform(answer.indexes.begin(), answer.indexes.end(), bytes.begin(),
                   [&](std::uint8_t index) { return place_of[index]; });
    if (std::find(bytes.begin(), bytes.end(), ByteTiles::unknown) != bytes.end())
        throw Error(ErrorCode::BadInput,
                    "The engine's answer names a class that it does not list. Switch learning off and on to "
                    "ask again.");
    const Region extent = known.classes.extent();
    known.classes.take(ByteTiles(extent.height, extent.width, answer.region, bytes), answer.region);
    known.certainty.take(ByteTiles(extent.height, extent.width, answer.region, answer.certainty),
                         answer.region);
    Piece piece;
    piece.region = answer.region;
    piece.classes = known.classes;
    piece.certainty = known.certainty;
    piece.sure = static_cast<double>(std::count_if(answer.certainty.begin(), answer.certainty.end(),
                                                   [](std::uint8_t c) { return c >= sure_from; })) /
                 static_cast<double>(answer.certainty.size());
    return piece;
}

void Classification::put(const Piece& piece) {
    *classes_ = piece.classes;
    *certainty_ = piece.certainty;
    known_ = known_.united(piece.region);
}

LabelPrediction objects_of(const Classification::Snapshot& classification, const LabelTiles::Snapshot& labels,
                           const ObjectSettings& settings, const QString& title, JobContext& context) {
    const Region extent = classification.classes.extent();
    std::array<ObjectId, 256> value_of{}; // 0: background, or not known
    for (std::size_t place = 0; place < classification.class_ids.size(); ++place)
        if (classification.class_ids[place] != 0)
            value_of[place] = static_cast<ObjectId>(place + 1);
    LabelMap values(extent.height, extent.width);
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(extent.width));
    for (std::int64_t y = 0; y < extent.height; ++y) {
        classification.classes.read_row(y, 0, extent.width, bytes);
        std::transform(bytes.begin(), bytes.end(), values.row(y).begin(),
                       [&](std::uint8_t byte) { return value_of[byte]; });
    }
    context.throw_if_cancelled();
    ClassObjectOptions options;
    options.least_area = settings.least_area;
    if (settings.split)
        options.split = WatershedOptions{};
    ClassObjects found = objects_of_classes(values, options, context);

    const LabelMap drawn = labels.read();
    std::vector<double> certainty(found.objects.size(), 0);
    std::vector<std::int64_t> labelled(found.objects.size(), 0); // px
    for (std::int64_t y = 0; y < extent.height; ++y) {
        classification.certainty.read_row(y, 0, extent.width, bytes);
        const std::span<const ObjectId> ids = found.labels.row(y), labels_there = drawn.row(y);
        for (std::size_t x = 0; x < ids.size(); ++x)
            if (ids[x] != 0) {
                certainty[ids[x] - 1] += bytes[x];
                labelled[ids[x] - 1] += labels_there[x] != 0;
            }
    }
    LabelPrediction prediction;
    prediction.title = title;
    prediction.grows_labels = true;
    for (std::size_t at = 0; at < found.objects.size(); ++at) {
        const ClassObjects::Object& one = found.objects[at];
        if (2 * labelled[at] >= one.area)
            continue;
        LabelObject object;
        object.id = static_cast<ObjectId>(at + 1);
        object.class_id = classification.class_ids[one.value - 1];
        object.area = one.area;
        object.bounds = one.bounds;
        object.score = certainty[at] / (255.0 * static_cast<double>(one.area));
        object.tool = "prediction";
        prediction.objects.push_back(std::move(object));
    }
    for (ObjectId& id : found.labels.ids())
        if (id != 0 && 2 * labelled[id - 1] >= found.objects[id - 1].area)
            id = 0;
    prediction.tiles = std::make_shared<LabelTiles>(found.labels);
    prediction.tiles->prepare(prediction.tiles->extent(), LabelTiles::levels - 1);
    return prediction;
}

} // namespace eyepiece
