// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/formats/image_reader.h"
#include "core/formats/label_readers.h"

#include <algorithm>
#include <filesystem>
#include <vector>

namespace eyepiece::prompt {

// The 109 fields of the 2018 Data Science Bowl (Caicedo et al., Nature Methods 2019; CC0) as they lie in a
// folder: images/NAME.png and masks/NAME.png, in the order of their names.
struct PublishedField {
    std::filesystem::path image, mask;
};

inline std::vector<PublishedField> published_nuclei(const std::filesystem::path& folder) {
    std::vector<PublishedField> fields;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "images"))
        if (std::filesystem::exists(folder / "masks" / entry.path().filename()))
            fields.push_back({entry.path(), folder / "masks" / entry.path().filename()});
    std::sort(fields.begin(), fields.end(), [](const auto& a, const auto& b) { return a.image < b.image; });
    return fields;
}

// Every fifth field is kept from training, so that what is measured on it was never seen.
inline bool kept_from_training(std::size_t place) {
    return place % 5 == 4;
}

} // namespace eyepiece::prompt
