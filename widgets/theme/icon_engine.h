// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/theme/tokens.h"

#include <QIconEngine>
#include <memory>

namespace eyepiece {

struct ThemeState {
    Tokens tokens;
    bool dark = false;
};

// Draws one SVG whose strokes are currentColor in a colour of the theme. Pixmaps are cached by name, colour
// and size, so that a theme switch only draws what is seen.
class ThemedIconEngine : public QIconEngine {
public:
    ThemedIconEngine(QString file, Token tint, std::shared_ptr<const ThemeState> state);

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override;
    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override;
    QPixmap scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State state, qreal scale) override;
    QIconEngine* clone() const override;

    static QPixmap draw(const QString& file, const QColor& color, const QSize& pixels);

private:
    QColor color(QIcon::Mode mode, QIcon::State state) const;

    QString file_;
    Token tint_;
    std::shared_ptr<const ThemeState> state_;
};

} // namespace eyepiece
