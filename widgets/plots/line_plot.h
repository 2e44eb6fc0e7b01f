// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <QColor>
#include <QPointF>
#include <QString>
#include <QVector>
#include <QWidget>
#include <memory>

class QCustomPlot;
class QLabel;
class QToolButton;

namespace eyepiece {

class Theme;
class ValueSlider;

// Curves over steps or epochs, beside the values they must beat. Grows while a training runs; says the values
// below the pointer; smooths (widgets/plots/smoothing.h) with the raw curve faint behind. Lives on the
// window's thread.
class EYEPIECE_EXPORT LinePlot : public QWidget {
    Q_OBJECT
public:
    struct Curve {
        QString id, title;       // "run 7"
        int color = 0;           // 0: the accent, else the theme's class colours
        QVector<QPointF> points; // in order of x
        bool emphasised = false; // thick, with its last value written beside it; one at most
    };

    LinePlot(const Theme& theme, const QString& title, QWidget* parent = nullptr);
    ~LinePlot() override;

    void set_title(const QString& title);
    void set_x_title(const QString& title); // "epoch"
    void set_curve(const Curve& curve);     // adds it, or replaces the one with this id
    void append(const QString& id, const QVector<QPointF>& points);
    void set_baseline(const QString& id, const QString& title, double value); // a dashed line across
    void remove(const QString& id);
    void clear();
    // A range that is always in sight, for instance [0, 1] of a score; NaN: as the curves need.
    void set_y_hint(double low, double high);

    double smoothing() const { return smoothing_; } // the weight, 0 to 0.99
    void set_smoothing(double weight);
    bool logarithmic() const { return logarithmic_; }
    void set_logarithmic(bool logarithmic); // values of 0 and less are then left out
    void show_smoothing_control(bool shown);

    QString readout() const; // what is said of the pointer's place; empty when it is elsewhere
    QString legend_text() const;
    // PNG, SVG, PDF or CSV by the file's suffix. Throws Error.
    void save(const QString& file) const;
    QByteArray csv() const; // x, then a column a curve, raw values

Q_SIGNALS:
    void smoothing_changed(double weight);

protected:
    bool eventFilter(QObject* object, QEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Series;
    Series* find(const QString& id) const;
    void recolour();
    void redraw_soon();
    void redraw();
    void update_legend();
    void point_at(const QPointF& position);
    QColor color_of(const Series& series) const;

    const Theme& theme_;
    QCustomPlot* plot_;
    QLabel *title_, *legend_, *readout_;
    ValueSlider* slider_;
    QToolButton *log_button_, *save_button_;
    std::vector<std::unique_ptr<Series>> series_;
    struct Marks;
    std::unique_ptr<Marks> marks_;
    double smoothing_ = 0, low_hint_, high_hint_;
    bool logarithmic_ = false, redraw_pending_ = false;
};

} // namespace eyepiece
