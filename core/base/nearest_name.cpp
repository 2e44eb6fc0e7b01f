// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/nearest_name.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace eyepiece {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, substituted}));
        }
    }
    return row.back();
}

} // namespace

std::string nearest_name(std::string_view misspelt, const std::vector<std::string>& known) {
    std::string nearest;
    std::size_t best = 0;
    for (const std::string& name : known) {
        const std::size_t distance = edit_distance(misspelt, name);
        // Half of the letters wrong is another word, unless one is the other's beginning ("torch").
        const bool begins =
            misspelt.size() >= 3 && (name.starts_with(misspelt) || misspelt.starts_with(name));
        if (!begins && 2 * distance > std::max(misspelt.size(), name.size()))
            continue;
        if (nearest.empty() || distance < best) {
            nearest = name;
            best = distance;
        }
    }
    return nearest;
}

std::string nearest_hint(std::string_view misspelt, const std::vector<std::string>& known) {
    const std::string nearest = nearest_name(misspelt, known);
    return nearest.empty() ? std::string() : "; the nearest is \"" + nearest + "\"";
}

} // namespace eyepiece
