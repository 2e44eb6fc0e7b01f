// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/vision/panels/augmentation_preview.h"

#include "widgets/engine/engine_client.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/theme.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cstring>

namespace eyepiece {

namespace {
constexpr int shown = 4, gap = 4;
}

AugmentationPreview::AugmentationPreview(WorkbenchContext& context, QWidget* parent)
    : QWidget(parent), context_(context), words_(tr("Choose an image to see how training varies it.")) {
    setObjectName(QStringLiteral("train.augmentation"));
    setAccessibleName(tr("Augmentation preview"));
    setToolTip(tr("How training varies this image. Click for other variations."));
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::PointingHandCursor);
    setFixedHeight(74);
    timer_.setSingleShot(true);
    timer_.setInterval(300);
    connect(&timer_, &QTimer::timeout, this, &AugmentationPreview::ask);
    connect(&context_.selection, &Selection::item_changed, this, &AugmentationPreview::ask_soon);
    connect(&context_.theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void AugmentationPreview::set_schema(const ParameterSchema& schema) {
    schema_ = schema;
}

void AugmentationPreview::set_values(const Json& values) {
    if (values == values_ && !stale_)
        return;
    values_ = values;
    ask_soon();
}

void AugmentationPreview::ask_soon() {
    stale_ = true;
    if (isVisible())
        timer_.start();
}

void AugmentationPreview::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    if (stale_)
        timer_.start();
}

void AugmentationPreview::mousePressEvent(QMouseEvent*) {
    ++seed_;
    ask_soon();
}

void AugmentationPreview::keyPressEvent(QKeyEvent* event) {
    if (event->key() != Qt::Key_Space && event->key() != Qt::Key_Return)
        return QWidget::keyPressEvent(event);
    ++seed_;
    ask_soon();
}

void AugmentationPreview::ask() {
    const ItemId item = context_.selection.item();
    if (!context_.session.is_open() || item == 0) {
        pictures_.clear();
        words_ = tr("Choose an image to see how training varies it.");
        update();
        return;
    }
    stale_ = false;
    words_ = tr("Asking the engine how it varies this image.");
    update();
    EngineHandlers handlers;
    handlers.done = [this](const EngineReply& reply) {
        const int count = reply.json().value("count", 0), width = reply.json().value("width", 0),
                  height = reply.json().value("height", 0);
        const std::size_t each = static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3;
        pictures_.clear();
        if (count <= 0 || each == 0 || reply.bytes->size() < each * static_cast<std::size_t>(count)) {
            words_ = tr("The engine sent no preview of this image.");
            return update();
        }
        for (int at = 0; at < count; ++at) {
            QImage picture(width, height, QImage::Format_RGB888);
            const auto* from = reply.bytes->data() + each * static_cast<std::size_t>(at);
            for (int y = 0; y < height; ++y)
                std::memcpy(picture.scanLine(y), from + static_cast<std::ptrdiff_t>(y) * width * 3,
                            static_cast<std::size_t>(width) * 3);
            pictures_.push_back(std::move(picture));
        }
        update();
    };
    handlers.failed = [this](const Error& error) {
        pictures_.clear();
        words_ = QString::fromUtf8(error.what());
        update();
    };
    context_.engine.send({.operation = "augmentation-preview",
                          .spec = {{"project", context_.session.folder().toStdString()},
                                   {"item", item},
                                   {"count", shown},
                                   {"seed", seed_},
                                   {"set", values_}},
                          .topic = "augmentation-preview"},
                         this, handlers);
}

void AugmentationPreview::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
    if (pictures_.empty()) {
        painter.setPen(context_.theme.color(Token::Muted));
        painter.drawText(rect(), Qt::AlignLeft | Qt::AlignVCenter | Qt::TextWordWrap, words_);
        return;
    }
    const double side = std::min<double>((width() - (shown - 1.0) * gap) / shown, height() - 4);
    for (std::size_t at = 0; at < pictures_.size(); ++at) {
        const QRectF box(static_cast<double>(at) * (side + gap), 1, side, side);
        QPainterPath round;
        round.addRoundedRect(box, 6, 6);
        painter.setClipPath(round);
        painter.drawImage(box, pictures_[at]);
    }
    painter.setClipping(false);
    if (hasFocus()) {
        painter.setPen(context_.theme.color(Token::Accent));
        painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
    }
}

} // namespace eyepiece
