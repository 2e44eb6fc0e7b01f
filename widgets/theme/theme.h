// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/theme/tokens.h"

#include <QFont>
#include <QIcon>
#include <QObject>
#include <QPixmap>
#include <memory>

class QApplication;

namespace eyepiece {

enum class ThemeMode { System, Light, Dark };

struct ThemeState; // what icons share with the theme: which of the two is in use

// The look of the window: colours, icons and fonts, switched at once between light and dark.
// Built once by app/ and passed down; lives on the window's thread. Widgets that paint by hand ask for
// colours when they paint, and repaint on changed(); style sheets and icons follow by themselves.
class EYEPIECE_EXPORT Theme : public QObject {
    Q_OBJECT
public:
    explicit Theme(QObject* parent = nullptr);
    ~Theme() override;

    ThemeMode mode() const { return mode_; }
    void set_mode(ThemeMode mode); // System follows the desktop, also when that changes (Qt 6.5 and later)
    bool dark() const;
    void toggle(); // to the other of light and dark

    // Puts style, palette, font and style sheet on the application, now and after each change.
    void apply_to(QApplication& application);

    const Tokens& tokens() const { return tokens_; }
    QColor color(Token token) const { return tokens_.color(token, dark()); }
    QColor class_color(int index) const; // Okabe and Ito's, wraps around

    // An icon of resources/icons by its name ("brush"), or of a file (":/mine/lasso.svg"), drawn in `tint`
    // where the SVG says currentColor; the accent when checked, faint when disabled. Sharp at any scale;
    // follows the theme. An unknown name gives an icon for which isNull() holds.
    QIcon icon(const QString& name, Token tint = Token::Muted) const;
    QPixmap pixmap(const QString& name, const QColor& color, int size, qreal device_pixel_ratio) const;

    QFont body() const;    // the desktop's font at 13 px
    QFont strong() const;  // the same, semi-bold
    QFont caps() const;    // 11 px, spaced; the caller writes capitals
    QFont small() const;   // 11 px
    QFont title() const;   // 20 px, semi-bold
    QFont figures() const; // body with tabular figures

    static constexpr int space(int steps) { return 4 * steps; } // 1: 4 px, 2: 8, 3: 12, 4: 16, 6: 24

Q_SIGNALS:
    void changed(); // colours are now others

private:
    void refresh();
    bool desktop_is_dark() const;

    Tokens tokens_;
    ThemeMode mode_ = ThemeMode::System;
    bool desktop_dark_at_start_ = false;
    QString desktop_family_;
    std::shared_ptr<ThemeState> state_;
    QApplication* application_ = nullptr;
    QString style_sheet_;
};

} // namespace eyepiece
