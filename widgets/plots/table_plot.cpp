// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/table_plot.h"

#include "widgets/plots/scatter_legend.h"
#include "widgets/theme/controls.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace eyepiece {

namespace {
constexpr int margin = 12, head = 34, legend_gap = 12; // px
constexpr int empty_width = 420;                       // px, at most
} // namespace

TablePlot::TablePlot(const Theme& theme, RowSelection& selection, QWidget* parent)
    : QWidget(parent)
    , theme_(theme)
    , selection_(selection)
    , legend_(new ScatterLegend(theme, this))
    , empty_(text_label(theme, {}, Token::Muted, this))
    , drawing_(LatestWork::Policy::Complete) {
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent);
    empty_->setObjectName(QStringLiteral("plot.empty"));
    empty_->setAlignment(Qt::AlignCenter);
    empty_->setAttribute(Qt::WA_TransparentForMouseEvents);
    show_problem(tr("Open a table to see it here."));
    look_.dark = theme.dark();
    connect(&theme_, &Theme::changed, this, [this] {
        look_.dark = theme_.dark();
        redraw();
    });
    connect(&selection_, &RowSelection::changed, this, &TablePlot::redraw);
    connect(legend_, &ScatterLegend::hidden_changed, this, [this] {
        look_.hidden = legend_->hidden();
        redraw();
    });
    connect(legend_, &ScatterLegend::category_clicked, this,
            [this](std::uint8_t code, Qt::KeyboardModifiers modifiers) {
                select_category(selection_, *look_.coloring, code, modifiers);
            });
    for (LatestWork* work : {&preparing_, &drawing_, &selecting_})
        connect(work, &LatestWork::failed, this, &TablePlot::failed);
}

TablePlot::~TablePlot() = default;

void TablePlot::set_columns(std::shared_ptr<const Table> table, std::vector<std::size_t> places) {
    if (table_ == table && places_ == places)
        return;
    table_ = std::move(table);
    places_ = std::move(places);
    if (!table_) {
        preparing_.drop();
        data_.reset();
        picture_ = {};
        return show_problem(tr("Open a table to see it here."));
    }
    prepare();
}

void TablePlot::set_coloring(std::shared_ptr<const ScatterColoring> coloring) {
    if (coloring == look_.coloring)
        return;
    look_.coloring = std::move(coloring);
    legend_->set_coloring(look_.coloring);
    look_.hidden = legend_->hidden();
    place_parts();
    prepare();
}

void TablePlot::set_title(const QString& title) {
    title_ = title;
    update();
}

void TablePlot::prepare() {
    unprepared_ = true;
    if (!table_ || !isVisible()) // a plot out of sight costs nothing
        return;
    unprepared_ = false;
    preparing_.start([this, table = table_, places = places_, known = data_, coloring = look_.coloring,
                      work = preparation()](LatestWork::Stop stop) -> LatestWork::Finish {
        const auto data = known && known->table == table && known->places == places
                              ? known
                              : read_plot_data(table, places, stop);
        if (stop)
            return [] {};
        auto done = std::make_shared<Prepared>(work(*data, *coloring, stop));
        return [this, data, done] {
            data_ = data;
            note_ = done->note;
            if (done->problem.isEmpty() && done->adopt)
                done->adopt();
            show_problem(done->problem);
            redraw();
        };
    });
}

void TablePlot::show_problem(const QString& problem) {
    problem_ = problem;
    empty_->setText(problem);
    empty_->setVisible(!problem.isEmpty());
    setAccessibleDescription(problem);
    place_parts();
    update();
}

bool TablePlot::idle() const {
    return !unprepared_ && !preparing_.busy() && !drawing_.busy() && !selecting_.busy() && !stale_;
}

void TablePlot::redraw() {
    update();
    if (!data_ || !isVisible() || width() < 2 || height() < 2)
        return;
    const Marks draw = problem_.isEmpty() ? marks() : Marks();
    if (!draw) {
        picture_ = {};
        stale_ = false;
        return;
    }
    stale_ = true;
    look_.selected = selection_.snapshot();
    look_.any_selected = !selection_.empty();
    look_.device_pixel_ratio = ratio();
    drawing_.start([this, draw, look = look_, size = this->size()](LatestWork::Stop stop) {
        const double scale = look.device_pixel_ratio;
        QImage image((QSizeF(size) * scale).toSize(), QImage::Format_ARGB32_Premultiplied);
        image.setDevicePixelRatio(scale);
        image.fill(Qt::transparent);
        QPainter painter(&image);
        painter.setRenderHint(QPainter::Antialiasing);
        draw(painter, look, false, scale, stop);
        painter.end();
        return LatestWork::Finish([this, image] {
            picture_ = image;
            stale_ = drawing_.busy();
            update();
            Q_EMIT drawn();
        });
    });
}

QRectF TablePlot::area() const {
    const double right = legend_->isHidden() ? margin : legend_->width() + legend_gap + margin;
    return QRectF(rect()).adjusted(margin, head, -right, -margin);
}

void TablePlot::place_parts() {
    legend_->move(width() - legend_->width() - margin, head);
    const int wide = std::max(20, std::min(empty_width, width() - 2 * margin));
    const int high = empty_->heightForWidth(wide);
    empty_->setGeometry((width() - wide) / 2, (height() - high) / 2, wide, high);
}

void TablePlot::paint_head(QPainter& painter) const {
    painter.setFont(theme_.strong());
    painter.setPen(theme_.color(Token::Text));
    const QRect line(14, 8, width() - 28, 20);
    const QFontMetrics metrics(painter.font());
    const QString title = metrics.elidedText(title_, Qt::ElideRight, line.width());
    painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, title);
    if (note_.isEmpty() || !problem_.isEmpty())
        return;
    painter.setFont(theme_.small());
    painter.setPen(theme_.color(Token::Muted));
    painter.drawText(line.adjusted(metrics.horizontalAdvance(title) + 12, 0, 0, 0),
                     Qt::AlignLeft | Qt::AlignVCenter, note_);
}

void TablePlot::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), theme_.color(Token::Ground));
    painter.setRenderHint(QPainter::Antialiasing);
    if (data_ && problem_.isEmpty()) {
        painter.drawImage(0, 0, picture_);
        paint_words(painter);
        paint_gesture(painter);
        if (hasFocus()) {
            painter.setBrush(Qt::NoBrush);
            painter.setPen(QPen(theme_.color(Token::Accent), 1));
            painter.drawRoundedRect(QRectF(rect()).adjusted(1.5, 1.5, -1.5, -1.5), 4, 4);
        }
    }
    paint_head(painter);
}

PlotPage TablePlot::page() const {
    PlotPage page;
    page.ground = theme_.color(Token::Ground);
    page.size = size();
    page.title = title_;
    const Marks draw = data_ && problem_.isEmpty() ? marks() : Marks();
    if (!draw)
        return page;
    page.shapes = shapes() <= most_shapes;
    ScatterLook look = look_;
    look.selected = selection_.snapshot();
    look.any_selected = !selection_.empty();
    page.marks = [draw, look, size = this->size()](QPainter& painter, bool shapes, double scale) mutable {
        const std::atomic<bool> never{false};
        look.device_pixel_ratio = scale;
        draw(painter, look, shapes, scale, never);
    };
    QPainter painter(&page.overlay);
    painter.setRenderHint(QPainter::Antialiasing);
    paint_head(painter);
    paint_words(painter);
    if (!legend_->isHidden()) {
        painter.translate(legend_->pos());
        legend_->paint_on(painter);
    }
    return page;
}

std::vector<std::uint32_t> TablePlot::shown_rows() const {
    std::vector<std::uint32_t> rows(data_ ? data_->rows : 0);
    std::iota(rows.begin(), rows.end(), 0u);
    return rows;
}

void TablePlot::select_where(std::function<bool(std::size_t)> inside, Qt::KeyboardModifiers modifiers) {
    if (!data_)
        return;
    selecting_.start([this, inside = std::move(inside), modifiers, data = data_, look = look_](Stop) {
        const RowInk ink(look);
        auto flags = std::make_shared<RowSelection::Flags>(data->rows, std::uint8_t{0});
        for (std::size_t row = 0; row < data->rows; ++row)
            (*flags)[row] = !ink.hidden(row) && inside(row);
        return LatestWork::Finish([this, flags, modifiers] {
            if (flags->size() != selection_.rows())
                return;
            selecting_now_ = true;
            selection_.select(std::move(*flags), selection_how(modifiers));
            selecting_now_ = false;
        });
    });
}

void TablePlot::paint_brush(QPainter& painter, const QRectF& box) const {
    QColor inside = theme_.color(Token::Accent);
    inside.setAlpha(40);
    painter.setPen(QPen(theme_.color(Token::Accent), 1));
    painter.setBrush(inside);
    painter.drawRect(box);
}

void TablePlot::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    place_parts();
    redraw();
}

void TablePlot::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    if (unprepared_)
        prepare();
    else
        redraw(); // hidden, nothing was drawn
}

void TablePlot::mousePressEvent(QMouseEvent* event) {
    setFocus();
    if (event->button() == Qt::LeftButton && data_ && problem_.isEmpty()) {
        pressed_ = press(event->position());
        update();
    }
}

void TablePlot::mouseMoveEvent(QMouseEvent* event) {
    if (pressed_) {
        drag_to(event->position());
        return update();
    }
    const QString words = data_ && problem_.isEmpty() ? words_at(event->position()) : QString();
    if (words == hovered_words_)
        return;
    hovered_words_ = words;
    setAccessibleDescription(words);
    QToolTip::showText(event->globalPosition().toPoint(), words, this);
}

void TablePlot::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || !pressed_)
        return;
    pressed_ = false;
    release(event->position(), event->modifiers());
    update();
}

void TablePlot::keyPressEvent(QKeyEvent* event) {
    if (event->key() != Qt::Key_Escape)
        return QWidget::keyPressEvent(event);
    if (pressed_) {
        pressed_ = false;
        give_up();
        return update();
    }
    selection_.clear();
}

void TablePlot::leaveEvent(QEvent* event) {
    QWidget::leaveEvent(event);
    hovered_words_.clear();
}

} // namespace eyepiece
