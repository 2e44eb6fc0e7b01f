// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/items.h"
#include "plugins/vision/panels/prediction.h"

#include <QString>
#include <optional>
#include <vector>

namespace eyepiece {

// Predictions that are kept, one file an image, in cache/predictions/ of the project: they outlive the
// window, may be deleted at any time, and count only while the image and the run are what they were. A value
// type for any thread; one writer a file.
class PredictionStore {
public:
    // `objects`: how objects were found ("watershed"): each way has predictions of its own.
    PredictionStore(const QString& project_folder, const QString& run, const QString& objects);

    // Writes what the engine sent. Throws Error(Storage).
    void write(const EngineReply& reply, const Item& item) const;
    bool has(const Item& item) const; // reads a few hundred bytes
    // Nothing when there is none, or one of another state of the image or run. Throws Error(BadInput) for a
    // damaged one.
    std::optional<PredictedObjects> read(const Item& item) const;

private:
    QString file(const Item& item) const;
    Json stamp(const Item& item) const;
    QString folder_, run_, run_state_;
};

} // namespace eyepiece
