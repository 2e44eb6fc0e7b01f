// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/contrast_view.h"

#include "core/data/color_map.h"
#include "widgets/canvas/furniture.h"
#include "widgets/canvas/layer_stack.h"
#include "widgets/theme/controls.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

namespace eyepiece {

namespace {

QPixmap color_strip(const std::string& name) {
    const ColorTable table = color_table(name);
    QImage image(64, 10, QImage::Format_RGB32);
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x)
            image.setPixel(x, y, table[static_cast<std::size_t>(x * 255 / (image.width() - 1))]);
    return QPixmap::fromImage(image);
}

} // namespace

HistogramView::HistogramView(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(theme) {
    setObjectName(QStringLiteral("histogram"));
    setAccessibleName(tr("Range of values that is shown"));
    setAccessibleDescription(tr("Arrow keys move the upper end, with Shift the lower end."));
    setToolTip(tr("Drag the ends of what is shown as black and as white"));
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::SizeHorCursor);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void HistogramView::set_statistics(const ChannelStatistics& statistics) {
    statistics_ = statistics;
    update();
}

void HistogramView::set_range(double low, double high) {
    low_ = low;
    high_ = high;
    update();
}

double HistogramView::to_x(double value) const {
    const double span = statistics_.histogram.high - statistics_.histogram.low;
    return span > 0 ? 4 + (width() - 8) * (value - statistics_.histogram.low) / span : 4;
}

double HistogramView::to_value(double x) const {
    return statistics_.histogram.low +
           (statistics_.histogram.high - statistics_.histogram.low) * (x - 4) / std::max(width() - 8, 1);
}

void HistogramView::move_end(double value) {
    const double least = std::max((statistics_.histogram.high - statistics_.histogram.low) / 2000, 1e-12);
    value = std::clamp(value, statistics_.histogram.low, statistics_.histogram.high);
    if (dragging_high_)
        high_ = std::max(value, low_ + least);
    else
        low_ = std::min(value, high_ - least);
    update();
    Q_EMIT range_changed(low_, high_);
}

void HistogramView::mousePressEvent(QMouseEvent* event) {
    dragging_high_ =
        std::abs(event->position().x() - to_x(high_)) <= std::abs(event->position().x() - to_x(low_));
    move_end(to_value(event->position().x()));
}

void HistogramView::mouseMoveEvent(QMouseEvent* event) {
    if (event->buttons() & Qt::LeftButton)
        move_end(to_value(event->position().x()));
}

void HistogramView::keyPressEvent(QKeyEvent* event) {
    const double step = (statistics_.histogram.high - statistics_.histogram.low) / 100;
    const int direction = event->key() == Qt::Key_Right ? 1 : event->key() == Qt::Key_Left ? -1 : 0;
    if (direction == 0)
        return QWidget::keyPressEvent(event);
    dragging_high_ = !(event->modifiers() & Qt::ShiftModifier);
    move_end((dragging_high_ ? high_ : low_) + direction * step);
}

void HistogramView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme_.color(Token::Raised));
    painter.drawRoundedRect(rect(), 6, 6);
    const auto& counts = statistics_.histogram.counts;
    if (counts.empty())
        return;
    // Square roots: rare bright values are what one looks for, and a linear scale hides them.
    const double most = std::sqrt(static_cast<double>(*std::max_element(counts.begin(), counts.end())));
    const double bottom = height() - 4, tall = height() - 12;
    QPainterPath path;
    path.moveTo(4, bottom);
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const double x =
            4 + (width() - 8) * (static_cast<double>(i) + 0.5) / static_cast<double>(counts.size());
        path.lineTo(x, bottom - (most > 0 ? tall * std::sqrt(static_cast<double>(counts[i])) / most : 0));
    }
    path.lineTo(width() - 4, bottom);
    path.closeSubpath();
    QColor fill = theme_.color(Token::Muted);
    fill.setAlpha(110);
    painter.setBrush(fill);
    painter.drawPath(path);
    const double x0 = std::clamp(to_x(low_), 2.0, width() - 2.0),
                 x1 = std::clamp(to_x(high_), 2.0, width() - 2.0);
    QColor shown = theme_.color(Token::Accent);
    shown.setAlpha(36);
    painter.fillRect(QRectF(x0, 2, x1 - x0, height() - 4), shown);
    painter.setPen(QPen(theme_.color(Token::Accent), 2, Qt::SolidLine, Qt::RoundCap));
    painter.drawLine(QPointF(x0, 4), QPointF(x0, height() - 4));
    painter.drawLine(QPointF(x1, 4), QPointF(x1, height() - 4));
    if (hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(theme_.color(Token::Accent), 1));
        painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
    }
}

ContrastView::ContrastView(LayerStack& layers, const Theme& theme, QWidget* parent)
    : QWidget(parent), layers_(layers) {
    setObjectName(QStringLiteral("contrast"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(2));
    channels_ = new QComboBox(this);
    channels_->setObjectName(QStringLiteral("contrast-channel"));
    channels_->setAccessibleName(tr("Channel"));
    column->addWidget(channels_);
    histogram_ = new HistogramView(theme, this);
    column->addWidget(histogram_);
    auto* row = new QHBoxLayout;
    row->setSpacing(Theme::space(2));
    range_ = text_label(theme, {}, Token::Muted, this);
    range_->setWordWrap(false);
    auto_ = quiet_button(tr("Auto"), QStringLiteral("contrast-auto"), this);
    auto_->setToolTip(
        tr("From the darkest to the brightest but for a few pixels at either end, for each image anew"));
    min_max_ = quiet_button(tr("Min to max"), QStringLiteral("contrast-min-max"), this);
    min_max_->setToolTip(tr("From the least to the greatest value, for each image anew"));
    auto_->setCheckable(true);
    min_max_->setCheckable(true);
    row->addWidget(range_, 1);
    row->addWidget(auto_);
    row->addWidget(min_max_);
    column->addLayout(row);
    gamma_ = new ValueSlider(
        theme, tr("Gamma"), 0.2, 5, 1, QStringLiteral("contrast-gamma"),
        [](double v) { return QString::number(v, 'f', 2); }, this);
    gamma_->set_logarithmic(true);
    column->addWidget(gamma_);
    map_ = new QComboBox(this);
    map_->setObjectName(QStringLiteral("contrast-colour-map"));
    map_->setAccessibleName(tr("Colour map"));
    map_->setIconSize({64, 10});
    for (const std::string& name : color_map_names())
        if (name != "blue-white-red") // for signed maps
            map_->addItem(QIcon(color_strip(name)), QString::fromStdString(name),
                          QString::fromStdString(name));
    column->addWidget(map_);

    connect(channels_, &QComboBox::currentIndexChanged, this, &ContrastView::refresh);
    connect(histogram_, &HistogramView::range_changed, this, [this](double low, double high) {
        change([&](ChannelDisplay& display) {
            display.range = ChannelDisplay::Range::Manual;
            display.contrast.low = low;
            display.contrast.high = high;
        });
    });
    connect(auto_, &QPushButton::clicked, this,
            [this] { change([](ChannelDisplay& d) { d.range = ChannelDisplay::Range::Auto; }); });
    connect(min_max_, &QPushButton::clicked, this,
            [this] { change([](ChannelDisplay& d) { d.range = ChannelDisplay::Range::MinMax; }); });
    connect(gamma_, &ValueSlider::value_changed, this,
            [this](double gamma) { change([&](ChannelDisplay& d) { d.contrast.gamma = gamma; }); });
    connect(map_, &QComboBox::currentIndexChanged, this, [this] {
        const std::string name = map_->currentData().toString().toStdString();
        if (!name.empty())
            change([&](ChannelDisplay& d) { d.contrast.color_map = name; });
    });
    connect(&layers_, &QAbstractItemModel::modelReset, this, &ContrastView::find_channels);
    connect(&layers_, &QAbstractItemModel::dataChanged, this, &ContrastView::refresh);
    find_channels();
}

const ChannelLayer* ContrastView::channel() const {
    return dynamic_cast<const ChannelLayer*>(layers_.find(channels_->currentData().toString()));
}

void ContrastView::find_channels() {
    const QString before = channels_->currentData().toString();
    {
        const QSignalBlocker quiet(channels_);
        channels_->clear();
        for (auto layer = layers_.bottom_up().rbegin(); layer != layers_.bottom_up().rend(); ++layer)
            if ((*layer)->kind() == LayerKind::Channel)
                channels_->addItem((*layer)->title(), (*layer)->id());
        channels_->setCurrentIndex(std::max(channels_->findData(before), 0));
    }
    channels_->setVisible(channels_->count() > 1);
    refresh();
}

void ContrastView::change(const std::function<void(ChannelDisplay&)>& how) {
    const ChannelLayer* layer = channel();
    if (!layer || refreshing_)
        return;
    ChannelDisplay display = layer->display();
    how(display);
    apply_range(display, layer->statistics());
    layers_.set_channel_display(layer->id(), display);
    refresh();
}

void ContrastView::refresh() {
    const ChannelLayer* layer = channel();
    setEnabled(layer != nullptr);
    if (!layer)
        return;
    refreshing_ = true;
    const ChannelDisplay& display = layer->display();
    histogram_->set_statistics(layer->statistics());
    histogram_->set_range(display.contrast.low, display.contrast.high);
    const auto number = [](double value) {
        return value_text(value, value == std::floor(value) && std::abs(value) < 1e9 ? PixelType::Int32
                                                                                     : PixelType::Float32);
    };
    range_->setText(tr("%1 to %2").arg(number(display.contrast.low), number(display.contrast.high)));
    auto_->setChecked(display.range == ChannelDisplay::Range::Auto);
    min_max_->setChecked(display.range == ChannelDisplay::Range::MinMax);
    gamma_->set_value(display.contrast.gamma);
    map_->setVisible(layer->channel() >= 0); // an RGB picture has its own colours
    const QString name = QString::fromStdString(display.contrast.color_map);
    if (map_->findData(name) < 0)
        map_->addItem(QIcon(color_strip(display.contrast.color_map)), name, name);
    map_->setCurrentIndex(map_->findData(name));
    refreshing_ = false;
}

} // namespace eyepiece
