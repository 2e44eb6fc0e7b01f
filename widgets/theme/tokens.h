// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <QColor>
#include <QHash>
#include <QList>
#include <QString>

namespace eyepiece {

// The colours of the window by what they are for. Their values are in resources/themes/tokens.json.
enum class Token {
    Ground,  // behind everything
    Surface, // columns and bars
    Raised,  // controls, hovered rows
    Line,    // borders and grid lines
    Text,
    Muted,        // second lines, units, headings
    Accent,       // the one accent: what is chosen, what one does next
    AccentGround, // behind what is chosen
    OnAccent,     // text on a ground of Accent
    Good,
    Look, // worth a look
    Bad,
    ImageGround // behind images, near-black in both themes
};

EYEPIECE_EXPORT QString token_name(Token token); // as in the file: "accent-ground"
EYEPIECE_EXPORT const QList<Token>& all_tokens();

// The content of the tokens file. A value type.
class EYEPIECE_EXPORT Tokens {
public:
    // Throws Error(Internal) when the file is damaged or lacks a value: it is part of the program.
    static Tokens load(const QString& file = QStringLiteral(":/themes/tokens.json"));

    QColor color(Token token, bool dark) const {
        return (dark ? dark_ : light_).value(static_cast<int>(token));
    }
    int metric(const QString& name) const; // px, before scaling by the screen
    int motion_ms() const { return motion_ms_; }
    const QList<QColor>& class_colors() const { return classes_; }
    // Replaces @token, @metric names in a style sheet.
    QString filled_in(QString style_sheet, bool dark) const;

private:
    QHash<int, QColor> dark_, light_;
    QHash<QString, int> metrics_;
    QList<QColor> classes_;
    int motion_ms_ = 0;
};

// Contrast of two colours as WCAG 2.1 defines it: 1 (none) to 21.
EYEPIECE_EXPORT double contrast_ratio(const QColor& a, const QColor& b);

} // namespace eyepiece
