// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/table.h"

#include <QColor>
#include <QString>
#include <array>
#include <cstdint>
#include <vector>

namespace eyepiece {

// What colour each row has: a code a row, and what the codes mean. Categories take Okabe and Ito's colours,
// then Tol's (2021, "Colour schemes", muted): both keep apart for the colour-blind. Numbers run along
// viridis. A value type; any thread.
struct EYEPIECE_EXPORT ScatterColoring {
    enum class Kind { Plain, Categories, Numbers };
    struct Entry {
        QString name;
        std::uint8_t code = 0;
        std::size_t rows = 0;
    };
    static constexpr std::uint8_t plain = 0, missing = 255, first = 1, last = 250;

    Kind kind = Kind::Plain;
    QString title;                   // the column's name
    std::vector<std::uint8_t> codes; // one a row; empty: all plain
    std::vector<Entry> entries;      // of Categories, in order; the last may be "other" and "missing"
    double low = 0, high = 0;        // of Numbers, the ends of the colour bar
    bool dates = false;              // these are seconds since 1970
    std::size_t missing_rows = 0;

    static ScatterColoring by(const Column& column);
    QRgb color(std::uint8_t code, bool dark) const; // opaque
};

// 0 (smallest) to 7 a row, by area; missing ones are smallest. Of a column without numbers: empty.
EYEPIECE_EXPORT std::vector<std::uint8_t> scatter_sizes(const Column& column);

EYEPIECE_EXPORT QColor category_color(int index, bool dark);

} // namespace eyepiece
