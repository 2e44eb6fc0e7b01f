// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/vision/panels/watched_picture.h"

#include "widgets/theme/theme.h"

#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QtConcurrent>
#include <algorithm>

namespace eyepiece {

namespace {
constexpr int largest_side = 512; // px; a watched image may be larger than any place here
}

WatchedPicture::WatchedPicture(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(theme) {
    setAccessibleName(tr("Watched image"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    connect(&reading_, &QFutureWatcher<QImage>::finished, this, [this] {
        const QImage read = reading_.result();
        if (!read.isNull()) {
            picture_ = read;
            update();
        }
    });
}

void WatchedPicture::set_file(const QString& file, const QString& caption) {
    caption_ = caption;
    setAccessibleDescription(caption);
    setToolTip(caption);
    update();
    if (file == file_)
        return;
    file_ = file;
    reading_.setFuture(QtConcurrent::run([file] {
        const QImage image(file);
        return image.width() > largest_side || image.height() > largest_side
                   ? image.scaled(largest_side, largest_side, Qt::KeepAspectRatio, Qt::SmoothTransformation)
                   : image;
    }));
}

void WatchedPicture::clear() {
    file_.clear();
    caption_.clear();
    picture_ = {};
    update();
}

void WatchedPicture::mouseReleaseEvent(QMouseEvent* event) {
    if (rect().contains(event->position().toPoint()))
        Q_EMIT clicked();
}

void WatchedPicture::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
    QPainterPath round;
    round.addRoundedRect(rect(), 8, 8);
    painter.setClipPath(round);
    painter.fillRect(rect(), theme_.color(Token::ImageGround));
    if (!picture_.isNull()) {
        // Fills the square, cut at the longer side.
        const double scale = std::max(static_cast<double>(width()) / picture_.width(),
                                      static_cast<double>(height()) / picture_.height());
        const QSizeF size = QSizeF(picture_.size()) * scale;
        painter.drawImage(QRectF(QPointF((width() - size.width()) / 2, (height() - size.height()) / 2), size),
                          picture_);
    }
    if (caption_.isEmpty())
        return;
    painter.setFont(theme_.small());
    const QRect line(0, height() - 22, width(), 22);
    painter.fillRect(line, QColor(0, 0, 0, 150));
    painter.setPen(QColor(0xf2, 0xf5, 0xf7));
    painter.drawText(line.adjusted(8, 0, -8, 0), Qt::AlignVCenter | Qt::AlignLeft,
                     painter.fontMetrics().elidedText(caption_, Qt::ElideRight, width() - 16));
}

} // namespace eyepiece
