// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/theme/theme.h"

#include "core/base/error.h"
#include "widgets/theme/icon_engine.h"

#include <QApplication>
#include <QFile>
#include <QFontDatabase>
#include <QPalette>
#include <QStyleFactory>
#include <QStyleHints>

namespace eyepiece {

Theme::Theme(QObject* parent)
    : QObject(parent)
    , tokens_(Tokens::load())
    , state_(std::make_shared<ThemeState>(ThemeState{tokens_, false})) {
    // Asked before the program's own palette and font hide the desktop's.
    desktop_dark_at_start_ = QGuiApplication::palette().color(QPalette::Window).lightnessF() < 0.5F;
    desktop_family_ = QGuiApplication::font().family();
    QFile sheet(QStringLiteral(":/themes/style.qss"));
    if (!sheet.open(QIODevice::ReadOnly))
        throw Error(ErrorCode::Internal,
                    "The style sheet is missing from the program. Install Eyepiece again.");
    style_sheet_ = QString::fromUtf8(sheet.readAll());
    state_->dark = desktop_is_dark();
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    connect(QGuiApplication::styleHints(), &QStyleHints::colorSchemeChanged, this, [this] {
        if (mode_ == ThemeMode::System)
            refresh();
    });
#endif
}

Theme::~Theme() = default;

bool Theme::desktop_is_dark() const {
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    const Qt::ColorScheme scheme = QGuiApplication::styleHints()->colorScheme();
    if (scheme != Qt::ColorScheme::Unknown)
        return scheme == Qt::ColorScheme::Dark;
#endif
    return desktop_dark_at_start_;
}

bool Theme::dark() const {
    return state_->dark;
}

void Theme::set_mode(ThemeMode mode) {
    mode_ = mode;
    refresh();
}

void Theme::toggle() {
    set_mode(dark() ? ThemeMode::Light : ThemeMode::Dark);
}

void Theme::apply_to(QApplication& application) {
    application_ = &application;
    if (QStyle* fusion = QStyleFactory::create(QStringLiteral("Fusion")))
        QApplication::setStyle(fusion);
    QApplication::setFont(body());
    refresh();
}

void Theme::refresh() {
    state_->dark = mode_ == ThemeMode::System ? desktop_is_dark() : mode_ == ThemeMode::Dark;
    if (application_) {
        QPalette palette;
        const auto set = [&](QPalette::ColorRole role, Token token) { palette.setColor(role, color(token)); };
        set(QPalette::Window, Token::Ground);
        set(QPalette::WindowText, Token::Text);
        set(QPalette::Base, Token::Surface);
        set(QPalette::AlternateBase, Token::Raised);
        set(QPalette::Text, Token::Text);
        set(QPalette::Button, Token::Raised);
        set(QPalette::ButtonText, Token::Text);
        set(QPalette::BrightText, Token::Bad);
        set(QPalette::Highlight, Token::AccentGround);
        set(QPalette::HighlightedText, Token::Text);
        set(QPalette::Link, Token::Accent);
        set(QPalette::LinkVisited, Token::Accent);
        set(QPalette::ToolTipBase, Token::Raised);
        set(QPalette::ToolTipText, Token::Text);
        set(QPalette::PlaceholderText, Token::Muted);
        set(QPalette::Light, Token::Raised);
        set(QPalette::Midlight, Token::Raised);
        set(QPalette::Mid, Token::Line);
        set(QPalette::Dark, Token::Line);
        set(QPalette::Shadow, Token::Ground);
        QColor faint = color(Token::Muted);
        faint.setAlphaF(0.6F);
        for (QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
            palette.setColor(QPalette::Disabled, role, faint);
        QApplication::setPalette(palette);
        application_->setStyleSheet(tokens_.filled_in(style_sheet_, dark()));
    }
    Q_EMIT changed();
}

QColor Theme::class_color(int index) const {
    const auto& colors = tokens_.class_colors();
    return colors.at(((index % colors.size()) + colors.size()) % colors.size());
}

static QString icon_file(const QString& name) {
    return name.startsWith(':') || name.startsWith('/') ? name : ":/icons/" + name + ".svg";
}

QIcon Theme::icon(const QString& name, Token tint) const {
    const QString file = icon_file(name);
    if (name.isEmpty() || !QFile::exists(file))
        return {};
    return QIcon(new ThemedIconEngine(file, tint, state_));
}

QPixmap Theme::pixmap(const QString& name, const QColor& color, int size, qreal device_pixel_ratio) const {
    QPixmap result = ThemedIconEngine::draw(icon_file(name), color, QSize(size, size) * device_pixel_ratio);
    result.setDevicePixelRatio(device_pixel_ratio);
    return result;
}

QFont Theme::body() const {
    QFont font(desktop_family_);
    font.setPixelSize(tokens_.metric(QStringLiteral("font")));
    return font;
}

QFont Theme::strong() const {
    QFont font = body();
    font.setWeight(QFont::DemiBold);
    return font;
}

QFont Theme::caps() const {
    QFont font = body();
    font.setPixelSize(tokens_.metric(QStringLiteral("font-caps")));
    font.setWeight(QFont::DemiBold);
    font.setLetterSpacing(QFont::AbsoluteSpacing, 0.8);
    return font;
}

QFont Theme::small() const {
    QFont font = body();
    font.setPixelSize(tokens_.metric(QStringLiteral("font-small")));
    return font;
}

QFont Theme::title() const {
    QFont font = strong();
    font.setPixelSize(tokens_.metric(QStringLiteral("font-title")));
    return font;
}

QFont Theme::figures() const {
    QFont font = body();
#if QT_VERSION >= QT_VERSION_CHECK(6, 7, 0)
    font.setFeature("tnum", 1);
#endif
    return font;
}

} // namespace eyepiece
