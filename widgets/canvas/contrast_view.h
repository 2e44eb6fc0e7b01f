// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "widgets/canvas/channel_display.h"

#include <QWidget>
#include <functional>

class QComboBox;
class QLabel;
class QPushButton;

namespace eyepiece {

class ChannelLayer;
class LayerStack;
class Theme;
class ValueSlider;

// The values of a channel, with the two ends of what is shown, to be dragged.
class EYEPIECE_EXPORT HistogramView : public QWidget {
    Q_OBJECT
public:
    explicit HistogramView(const Theme& theme, QWidget* parent = nullptr);
    void set_statistics(const ChannelStatistics& statistics);
    void set_range(double low, double high);
    QSize sizeHint() const override { return {200, 64}; }
    QSize minimumSizeHint() const override { return {80, 64}; }

Q_SIGNALS:
    void range_changed(double low, double high);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    double to_x(double value) const;
    double to_value(double x) const;
    void move_end(double value);
    const Theme& theme_;
    ChannelStatistics statistics_;
    double low_ = 0, high_ = 1;
    bool dragging_high_ = false;
};

// Contrast of each channel: ends, gamma, colour map.
class EYEPIECE_EXPORT ContrastView : public QWidget {
    Q_OBJECT
public:
    ContrastView(LayerStack& layers, const Theme& theme, QWidget* parent = nullptr);

private:
    const ChannelLayer* channel() const;
    void find_channels();
    void refresh();
    void change(const std::function<void(ChannelDisplay&)>& how);
    LayerStack& layers_;
    QComboBox* channels_;
    HistogramView* histogram_;
    QLabel* range_;
    QPushButton* auto_;
    QPushButton* min_max_;
    ValueSlider* gamma_;
    QComboBox* map_;
    bool refreshing_ = false;
};

} // namespace eyepiece
