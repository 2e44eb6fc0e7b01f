// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/theme/icon_engine.h"

#include <QFile>
#include <QPainter>
#include <QPixmapCache>
#include <QSvgRenderer>
#include <algorithm>

namespace eyepiece {

ThemedIconEngine::ThemedIconEngine(QString file, Token tint, std::shared_ptr<const ThemeState> state)
    : file_(std::move(file)), tint_(tint), state_(std::move(state)) {}

QPixmap ThemedIconEngine::draw(const QString& file, const QColor& color, const QSize& pixels) {
    const QString key = file + color.name(QColor::HexArgb) + QString::number(pixels.width()) + "x" +
                        QString::number(pixels.height());
    QPixmap result;
    if (QPixmapCache::find(key, &result))
        return result;
    QFile svg(file);
    if (pixels.isEmpty() || !svg.open(QIODevice::ReadOnly))
        return {};
    // Qt Svg does not know currentColor: it is put in as text.
    QSvgRenderer renderer(svg.readAll().replace("currentColor", color.name().toLatin1()));
    result = QPixmap(pixels);
    result.fill(Qt::transparent);
    QPainter painter(&result);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setOpacity(color.alphaF());
    const int side = std::min(pixels.width(), pixels.height());
    renderer.render(&painter,
                    QRectF((pixels.width() - side) / 2.0, (pixels.height() - side) / 2.0, side, side));
    painter.end();
    QPixmapCache::insert(key, result);
    return result;
}

QColor ThemedIconEngine::color(QIcon::Mode mode, QIcon::State state) const {
    Token token = tint_;
    if (state == QIcon::On && tint_ == Token::Muted)
        token = Token::Accent;
    else if ((mode == QIcon::Active || mode == QIcon::Selected) && tint_ == Token::Muted)
        token = Token::Text;
    QColor color = state_->tokens.color(token, state_->dark);
    if (mode == QIcon::Disabled)
        color.setAlphaF(0.4F);
    return color;
}

void ThemedIconEngine::paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) {
    const qreal scale = painter->device() ? painter->device()->devicePixelRatio() : 1.0;
    QPixmap picture = draw(file_, color(mode, state), rect.size() * scale);
    picture.setDevicePixelRatio(scale);
    painter->drawPixmap(rect, picture);
}

QPixmap ThemedIconEngine::pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) {
    return draw(file_, color(mode, state), size);
}

QPixmap ThemedIconEngine::scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State state, qreal scale) {
#if QT_VERSION >= QT_VERSION_CHECK(6, 8, 0)
    const QSize pixels = size * scale;
#else
    const QSize& pixels = size; // was in device pixels before
#endif
    QPixmap result = draw(file_, color(mode, state), pixels);
    result.setDevicePixelRatio(scale);
    return result;
}

QIconEngine* ThemedIconEngine::clone() const {
    return new ThemedIconEngine(*this);
}

} // namespace eyepiece
