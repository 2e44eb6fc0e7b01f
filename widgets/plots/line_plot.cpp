// SPDX-License-Identifier: GPL-3.0-or-later
// QCustomPlot's header is written with Qt's keywords, which the rest of the tree does without.
#undef QT_NO_KEYWORDS
#undef QT_NO_FOREACH
#include "widgets/plots/line_plot.h"

#include "core/base/error.h"
#include "widgets/plots/smoothing.h"
#include "widgets/theme/controls.h"

#include <QCheckBox>
#include <QEvent>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QMouseEvent>
#include <QSaveFile>
#include <QSvgGenerator>
#include <QTimer>
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <qcustomplot.h>

namespace eyepiece {

namespace {
constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
constexpr int redraw_every_ms = 50;
constexpr int mark_gap = 10; // px from the last point to its value

// Steps and epochs are whole: no tick at epoch 1.4.
class WholeTicker : public QCPAxisTicker {
protected:
    double getTickStep(const QCPRange& range) override {
        return std::max(1.0, QCPAxisTicker::getTickStep(range));
    }
    QString getTickLabel(double tick, const QLocale& locale, QChar format, int precision) override {
        return tick == std::round(tick) ? QCPAxisTicker::getTickLabel(tick, locale, format, precision)
                                        : QString();
    }
};

QString number(double value) {
    return QString::number(value, 'g', 4);
}
} // namespace

struct LinePlot::Series {
    Curve curve;
    bool is_baseline = false;
    double level = 0;
    QCPGraph *raw = nullptr, *line = nullptr; // owned by the plot; a baseline has a line only
};

struct LinePlot::Marks {
    QCPItemTracer* last = nullptr; // the newest value of the emphasised curve
    QCPItemText* last_text = nullptr;
    QCPItemStraightLine* pointer = nullptr;
};

LinePlot::LinePlot(const Theme& theme, const QString& title, QWidget* parent)
    : QWidget(parent)
    , theme_(theme)
    , plot_(new QCustomPlot(this))
    , title_(text_label(theme, title, Token::Text, this))
    , legend_(new QLabel(this))
    , readout_(text_label(theme, {}, Token::Muted, this))
    , marks_(std::make_unique<Marks>())
    , low_hint_(nothing)
    , high_hint_(nothing) {
    setObjectName(QStringLiteral("plot"));
    setAccessibleName(title);
    title_->setFont(theme.strong());
    title_->setWordWrap(false);
    legend_->setTextFormat(Qt::RichText);
    legend_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    legend_->setAccessibleName(tr("Legend"));
    readout_->setFont(theme.figures());
    readout_->setWordWrap(false);
    readout_->setMinimumHeight(18);
    slider_ = new ValueSlider(
        theme, tr("Smoothing"), 0, 0.99, 0, QStringLiteral("plot.smoothing"),
        [](double value) { return QString::number(value, 'f', 2); }, this);
    slider_->setMaximumWidth(230);
    slider_->setToolTip(
        tr("Exponential moving average, corrected at the start. The raw curve stays faintly in sight."));
    connect(slider_, &ValueSlider::value_changed, this, &LinePlot::set_smoothing);
    log_button_ = new QToolButton(this);
    log_button_->setObjectName(QStringLiteral("plot.log"));
    log_button_->setText(tr("log"));
    log_button_->setAccessibleName(tr("Logarithmic scale"));
    log_button_->setToolTip(tr("Logarithmic scale"));
    log_button_->setCheckable(true);
    connect(log_button_, &QToolButton::toggled, this, &LinePlot::set_logarithmic);
    save_button_ = icon_button(theme, QStringLiteral("download"), tr("Save the plot as PNG, SVG, PDF or CSV"),
                               QStringLiteral("plot.save"), this);
    save_button_->setIconSize({16, 16});
    connect(save_button_, &QToolButton::clicked, this, [this] {
        const QString file =
            QFileDialog::getSaveFileName(this, tr("Save the plot"), QStringLiteral("plot.png"),
                                         tr("PNG (*.png);;SVG (*.svg);;PDF (*.pdf);;CSV (*.csv)"));
        if (file.isEmpty())
            return;
        try {
            save(file);
        } catch (const Error& error) {
            readout_->setText(QString::fromUtf8(error.what()));
        }
    });

    auto* top = new QHBoxLayout;
    top->setSpacing(Theme::space(3));
    top->addWidget(title_);
    top->addStretch();
    top->addWidget(legend_);
    auto* bottom = new QHBoxLayout;
    bottom->setSpacing(Theme::space(2));
    bottom->addWidget(readout_, 1);
    bottom->addWidget(slider_);
    bottom->addWidget(log_button_);
    bottom->addWidget(save_button_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::space(4), Theme::space(3), Theme::space(4), Theme::space(2));
    column->setSpacing(Theme::space(1));
    column->addLayout(top);
    column->addWidget(plot_, 1);
    column->addLayout(bottom);

    plot_->setMinimumHeight(60);
    plot_->setAccessibleName(tr("%1, as curves").arg(title));
    plot_->axisRect()->setAutoMargins(QCP::msLeft | QCP::msBottom);
    plot_->axisRect()->setMargins(QMargins(0, 10, 56, 0));
    plot_->setInteractions(QCP::Interactions());
    plot_->xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new WholeTicker));
    marks_->pointer = new QCPItemStraightLine(plot_);
    marks_->pointer->setVisible(false);
    marks_->last = new QCPItemTracer(plot_);
    marks_->last->setStyle(QCPItemTracer::tsCircle);
    marks_->last->setSize(8);
    marks_->last->setVisible(false);
    marks_->last_text = new QCPItemText(plot_);
    marks_->last_text->position->setParentAnchor(marks_->last->position);
    marks_->last_text->position->setCoords(mark_gap, -8);
    marks_->last_text->setPositionAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    marks_->last_text->setClipToAxisRect(false);
    marks_->last->setClipToAxisRect(false);
    marks_->last_text->setVisible(false);
    plot_->installEventFilter(this);
    plot_->setMouseTracking(true);
    connect(&theme_, &Theme::changed, this, &LinePlot::recolour);
    recolour();
}

LinePlot::~LinePlot() = default;

void LinePlot::set_title(const QString& title) {
    title_->setText(title);
    setAccessibleName(title);
}

void LinePlot::set_x_title(const QString& title) {
    plot_->xAxis->setLabel(title);
    redraw_soon();
}

LinePlot::Series* LinePlot::find(const QString& id) const {
    for (const auto& series : series_)
        if (series->curve.id == id)
            return series.get();
    return nullptr;
}

void LinePlot::set_curve(const Curve& curve) {
    Series* series = find(curve.id);
    if (!series) {
        series_.push_back(std::make_unique<Series>());
        series = series_.back().get();
        series->raw = plot_->addGraph();
        series->line = plot_->addGraph();
        series->line->setAdaptiveSampling(true);
    }
    series->curve = curve;
    recolour();
}

void LinePlot::append(const QString& id, const QVector<QPointF>& points) {
    if (Series* series = find(id)) {
        series->curve.points += points;
        redraw_soon();
    }
}

void LinePlot::set_baseline(const QString& id, const QString& title, double value) {
    Series* series = find(id);
    if (!series) {
        series_.push_back(std::make_unique<Series>());
        series = series_.back().get();
        series->is_baseline = true;
        series->line = plot_->addGraph();
    }
    series->curve.id = id;
    series->curve.title = title;
    series->level = value;
    recolour();
}

void LinePlot::remove(const QString& id) {
    const auto found = std::find_if(series_.begin(), series_.end(),
                                    [&](const auto& series) { return series->curve.id == id; });
    if (found == series_.end())
        return;
    if ((*found)->raw)
        plot_->removeGraph((*found)->raw);
    plot_->removeGraph((*found)->line);
    series_.erase(found);
    recolour();
}

void LinePlot::clear() {
    series_.clear();
    plot_->clearGraphs();
    recolour();
}

void LinePlot::set_y_hint(double low, double high) {
    low_hint_ = low;
    high_hint_ = high;
    redraw_soon();
}

void LinePlot::set_smoothing(double weight) {
    weight = std::clamp(weight, 0.0, 0.99);
    if (weight == smoothing_)
        return;
    smoothing_ = weight;
    slider_->set_value(weight);
    redraw_soon();
    Q_EMIT smoothing_changed(weight);
}

void LinePlot::set_logarithmic(bool logarithmic) {
    logarithmic_ = logarithmic;
    log_button_->setChecked(logarithmic);
    plot_->yAxis->setScaleType(logarithmic ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    if (logarithmic)
        plot_->yAxis->setTicker(QSharedPointer<QCPAxisTickerLog>(new QCPAxisTickerLog));
    else
        plot_->yAxis->setTicker(QSharedPointer<QCPAxisTicker>(new QCPAxisTicker));
    plot_->yAxis->ticker()->setTickCount(5);
    redraw_soon();
}

void LinePlot::show_smoothing_control(bool shown) {
    slider_->setVisible(shown);
    log_button_->setVisible(shown);
}

QColor LinePlot::color_of(const Series& series) const {
    if (series.is_baseline)
        return theme_.color(Token::Muted);
    if (series.curve.color == 0)
        return theme_.color(Token::Accent);
    if (series.curve.color == 1)
        return theme_.color(Token::Good);
    return theme_.class_color(series.curve.color - 2);
}

void LinePlot::recolour() {
    const QColor line = theme_.color(Token::Line), muted = theme_.color(Token::Muted);
    plot_->setBackground(QBrush(Qt::transparent));
    plot_->setAttribute(Qt::WA_OpaquePaintEvent, false);
    for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis}) {
        axis->setBasePen(Qt::NoPen);
        axis->setTickPen(Qt::NoPen);
        axis->setSubTickPen(Qt::NoPen);
        axis->setTickLabelColor(muted);
        axis->setLabelColor(muted);
        axis->setTickLabelFont(theme_.figures());
        axis->setLabelFont(theme_.body());
        axis->ticker()->setTickCount(5);
        axis->grid()->setPen(QPen(line, 1));
        axis->grid()->setZeroLinePen(QPen(line, 1));
    }
    plot_->xAxis->grid()->setVisible(false);
    marks_->pointer->setPen(QPen(muted, 1, Qt::DotLine));
    for (const auto& series : series_) {
        const QColor color = color_of(*series);
        QPen pen(color, series->curve.emphasised ? 2.4 : 1.8);
        if (series->is_baseline)
            pen = QPen(color, 1.4, Qt::CustomDashLine);
        if (series->is_baseline)
            pen.setDashPattern({5, 4});
        pen.setJoinStyle(Qt::RoundJoin);
        series->line->setPen(pen);
        if (series->raw) {
            QColor faint = color;
            faint.setAlphaF(0.28f);
            series->raw->setPen(QPen(faint, 1.2));
        }
    }
    update_legend();
    redraw_soon();
}

void LinePlot::update_legend() {
    QStringList entries;
    for (const auto& series : series_)
        entries << QStringLiteral("<span style=\"color:%1\"><b>%2</b></span>&nbsp;%3")
                       .arg(color_of(*series).name(),
                            series->is_baseline ? QStringLiteral("╌") : QStringLiteral("━"),
                            series->curve.title.toHtmlEscaped().replace(' ', QLatin1String("&nbsp;")));
    legend_->setText(entries.join(QStringLiteral("&nbsp;&nbsp;&nbsp; ")));
    legend_->setAccessibleDescription(legend_text());
}

QString LinePlot::legend_text() const {
    QStringList titles;
    for (const auto& series : series_)
        titles << series->curve.title;
    return titles.join(QStringLiteral(", "));
}

void LinePlot::redraw_soon() {
    if (std::exchange(redraw_pending_, true))
        return;
    QTimer::singleShot(redraw_every_ms, this, [this] {
        redraw_pending_ = false;
        redraw();
    });
}

void LinePlot::redraw() {
    double x_low = nothing, x_high = nothing, y_low = low_hint_, y_high = high_hint_;
    const auto widen = [](double& low, double& high, double value) {
        low = std::isnan(low) ? value : std::min(low, value);
        high = std::isnan(high) ? value : std::max(high, value);
    };
    const auto usable = [&](double y) { return std::isfinite(y) && (!logarithmic_ || y > 0); };
    marks_->last->setVisible(false);
    marks_->last_text->setVisible(false);
    const auto fill = [&](QCPGraph* graph, const QVector<QPointF>& points) {
        QVector<double> x, y;
        x.reserve(points.size());
        y.reserve(points.size());
        for (const QPointF& point : points)
            if (usable(point.y())) {
                x << point.x();
                y << point.y();
                widen(x_low, x_high, point.x());
                widen(y_low, y_high, point.y());
            }
        graph->setData(x, y, true);
        // A single point is no line: show that it is there.
        graph->setScatterStyle(x.size() == 1 ? QCPScatterStyle(QCPScatterStyle::ssDisc, 6)
                                             : QCPScatterStyle());
    };
    for (const auto& series : series_) {
        if (series->is_baseline)
            continue;
        const auto line = smoothed(series->curve.points, smoothing_);
        fill(series->line, line);
        if (smoothing_ > 0)
            fill(series->raw, series->curve.points);
        else
            series->raw->data()->clear();
        if (series->curve.emphasised && !line.isEmpty() && usable(line.last().y())) {
            const QColor color = color_of(*series);
            marks_->last->position->setCoords(line.last());
            marks_->last->setPen(QPen(color));
            marks_->last->setBrush(color);
            marks_->last->setVisible(true);
            const QString last = QString::number(line.last().y(), 'g', 3);
            marks_->last_text->setText(last);
            marks_->last_text->setColor(color);
            marks_->last_text->setFont(theme_.strong());
            marks_->last_text->setVisible(true);
            // Room for the widest value so far: the curve does not jump as digits come and go.
            const int room = QFontMetrics(theme_.strong()).horizontalAdvance(last) + mark_gap + 8;
            QMargins margins = plot_->axisRect()->margins();
            margins.setRight(std::max(margins.right(), room));
            plot_->axisRect()->setMargins(margins);
        }
    }
    if (std::isnan(x_low)) {
        x_low = 0;
        x_high = 1;
    }
    if (x_low == x_high)
        x_high = x_low + 1;
    for (const auto& series : series_)
        if (series->is_baseline && usable(series->level)) {
            series->line->setData(QVector<double>{x_low, x_high},
                                  QVector<double>{series->level, series->level}, true);
            widen(y_low, y_high, series->level);
        }
    if (std::isnan(y_low)) {
        y_low = logarithmic_ ? 0.1 : 0;
        y_high = 1;
    }
    plot_->xAxis->setRange(x_low, x_high);
    if (logarithmic_) {
        plot_->yAxis->setRange(std::max(y_low, y_high * 1e-6) * 0.8, y_high * 1.25);
    } else {
        const double pad = std::max((y_high - y_low) * 0.08, std::abs(y_high) * 1e-3 + 1e-9);
        plot_->yAxis->setRange(y_low - pad, y_high + pad);
    }
    plot_->replot(QCustomPlot::rpQueuedReplot);
}

void LinePlot::point_at(const QPointF& position) {
    const double x = plot_->xAxis->pixelToCoord(position.x());
    QStringList parts;
    double nearest = nothing;
    for (const auto& series : series_)
        if (!series->is_baseline)
            for (const QPointF& point : series->curve.points)
                if (std::isnan(nearest) || std::abs(point.x() - x) < std::abs(nearest - x))
                    nearest = point.x();
    if (std::isnan(nearest) || !plot_->axisRect()->rect().contains(position.toPoint())) {
        readout_->clear();
        marks_->pointer->setVisible(false);
        plot_->replot(QCustomPlot::rpQueuedReplot);
        return;
    }
    parts << QStringLiteral("%1 %2").arg(plot_->xAxis->label(), number(nearest)).trimmed();
    for (const auto& series : series_) {
        if (series->is_baseline) {
            parts << QStringLiteral("%1 %2").arg(series->curve.title, number(series->level));
            continue;
        }
        const auto& points = series->curve.points;
        const auto found = std::lower_bound(points.begin(), points.end(), nearest,
                                            [](const QPointF& point, double at) { return point.x() < at; });
        if (found != points.end() && found->x() == nearest)
            parts << QStringLiteral("%1 %2").arg(series->curve.title, number(found->y()));
    }
    readout_->setText(parts.join(QStringLiteral(" · ")));
    marks_->pointer->point1->setCoords(nearest, plot_->yAxis->range().lower);
    marks_->pointer->point2->setCoords(nearest, plot_->yAxis->range().upper);
    marks_->pointer->setVisible(true);
    plot_->replot(QCustomPlot::rpQueuedReplot);
}

QString LinePlot::readout() const {
    return readout_->text();
}

bool LinePlot::eventFilter(QObject* object, QEvent* event) {
    if (object == plot_ && event->type() == QEvent::MouseMove)
        point_at(static_cast<QMouseEvent*>(event)->position());
    else if (object == plot_ && event->type() == QEvent::Leave)
        point_at({-1, -1});
    return QWidget::eventFilter(object, event);
}

void LinePlot::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange && marks_)
        recolour();
}

QByteArray LinePlot::csv() const {
    std::map<double, QStringList> rows;
    QStringList head{plot_->xAxis->label().isEmpty() ? QStringLiteral("x") : plot_->xAxis->label()};
    const auto quoted = [](QString title) {
        return title.contains(',') || title.contains('"') ? '"' + title.replace('"', "\"\"") + '"' : title;
    };
    for (const auto& series : series_)
        for (const QPointF& point : series->curve.points)
            rows.try_emplace(point.x());
    for (const auto& series : series_) {
        head << quoted(series->curve.title);
        std::map<double, double> values;
        for (const QPointF& point : series->curve.points)
            values[point.x()] = point.y();
        for (auto& [x, row] : rows) {
            const auto found = values.find(x);
            row << (series->is_baseline     ? QString::number(series->level, 'g', 10)
                    : found == values.end() ? QString()
                                            : QString::number(found->second, 'g', 10));
        }
    }
    QString text = head.join(',') + '\n';
    for (const auto& [x, row] : rows)
        text += QString::number(x, 'g', 10) + ',' + row.join(',') + '\n';
    return text.toUtf8();
}

void LinePlot::save(const QString& file) const {
    const QString suffix = QFileInfo(file).suffix().toLower();
    const QSize size = plot_->size().expandedTo({480, 320});
    const auto failed = [&] {
        return Error(
            ErrorCode::Storage,
            tr("The plot could not be written to \"%1\". Choose another place.").arg(file).toStdString());
    };
    const_cast<LinePlot*>(this)->redraw();
    // On paper and in other programs the theme's ground goes along, or light text would stand on white.
    plot_->setBackground(QBrush(theme_.color(Token::Surface)));
    bool good = false;
    if (suffix == QLatin1String("csv")) {
        QSaveFile opened(file);
        const QByteArray text = csv();
        good = opened.open(QIODevice::WriteOnly) && opened.write(text) == text.size() && opened.commit();
    } else if (suffix == QLatin1String("svg")) {
        QSvgGenerator generator;
        generator.setFileName(file);
        generator.setSize(size);
        generator.setViewBox(QRect({}, size));
        generator.setTitle(title_->text());
        QCPPainter painter;
        good = painter.begin(&generator);
        if (good) {
            plot_->toPainter(&painter, size.width(), size.height());
            good = painter.end() && QFileInfo(file).size() > 0;
        }
    } else if (suffix == QLatin1String("pdf")) {
        good = plot_->savePdf(file, size.width(), size.height());
    } else if (suffix == QLatin1String("png")) {
        good = plot_->savePng(file, size.width(), size.height(), 2.0);
    } else {
        plot_->setBackground(QBrush(Qt::transparent));
        throw Error(
            ErrorCode::Unsupported,
            tr("A plot cannot be saved as \"%1\". Choose PNG, SVG, PDF or CSV.").arg(suffix).toStdString());
    }
    plot_->setBackground(QBrush(Qt::transparent));
    if (!good)
        throw failed();
}

} // namespace eyepiece
