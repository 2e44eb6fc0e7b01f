// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/scatter_legend.h"

#include "core/data/dates.h"
#include "widgets/theme/theme.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>

namespace eyepiece {

namespace {
constexpr int line = 20, inside = 10, dot = 10, gap = 8; // px
constexpr int widest = 170, bar_height = 10;
constexpr int most_lines = 20;
} // namespace

ScatterLegend::ScatterLegend(const Theme& theme, QWidget* parent)
    : QWidget(parent), theme_(theme), coloring_(std::make_shared<const ScatterColoring>()) {
    setObjectName(QStringLiteral("scatter.legend"));
    setAccessibleName(tr("Legend"));
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::PointingHandCursor);
    connect(&theme_, &Theme::changed, this, qOverload<>(&QWidget::update));
    hide();
}

void ScatterLegend::set_coloring(std::shared_ptr<const ScatterColoring> coloring) {
    coloring_ = std::move(coloring);
    hidden_.fill(false);
    current_ = 0;
    const bool names = coloring_->kind == ScatterColoring::Kind::Categories;
    setFocusPolicy(names ? Qt::StrongFocus : Qt::NoFocus);
    setCursor(names ? Qt::PointingHandCursor : Qt::ArrowCursor);
    QStringList said;
    for (int at = 0; at < lines(); ++at)
        said << coloring_->entries[static_cast<std::size_t>(at)].name;
    setAccessibleDescription(tr("%1: %2").arg(coloring_->title, said.join(QStringLiteral(", "))));
    setVisible(coloring_->kind != ScatterColoring::Kind::Plain);
    resize(sizeHint());
    updateGeometry();
    update();
}

void ScatterLegend::set_code_hidden(std::uint8_t code, bool hidden) {
    if (hidden_[code] == hidden)
        return;
    hidden_[code] = hidden;
    update();
    Q_EMIT hidden_changed();
}

int ScatterLegend::lines() const {
    return std::min(static_cast<int>(coloring_->entries.size()), most_lines);
}

QString ScatterLegend::figure(double value) const {
    return coloring_->dates ? QString::fromStdString(format_date(static_cast<std::int64_t>(value * 1e6)))
                            : QString::number(value, 'g', 4);
}

QRect ScatterLegend::entry_rect(int entry) const {
    return {0, inside + entry * line, width(), line};
}

int ScatterLegend::entry_at(const QPoint& point) const {
    const int at = (point.y() - inside) / line;
    return point.y() >= inside && at < lines() ? at : -1;
}

QSize ScatterLegend::sizeHint() const {
    const QFontMetrics metrics(theme_.body());
    if (coloring_->kind == ScatterColoring::Kind::Numbers)
        return {widest + 2 * inside, 2 * inside + 2 * line + bar_height};
    int wide = 40;
    for (int at = 0; at < lines(); ++at)
        wide =
            std::max(wide, metrics.horizontalAdvance(coloring_->entries[static_cast<std::size_t>(at)].name));
    const bool more = static_cast<int>(coloring_->entries.size()) > lines();
    if (more)
        wide = std::max(wide, metrics.horizontalAdvance(tr("and %1 more").arg(coloring_->entries.size())));
    return {std::min(wide, widest) + dot + gap + 2 * inside + 2, 2 * inside + (lines() + more) * line};
}

void ScatterLegend::paint_entries(QPainter& painter, bool with_focus) const {
    painter.setFont(theme_.body());
    const QFontMetrics metrics(painter.font());
    const int room = sizeHint().width() - dot - gap - 2 * inside;
    for (int at = 0; at < lines(); ++at) {
        const auto& entry = coloring_->entries[static_cast<std::size_t>(at)];
        const int middle = inside + at * line + line / 2;
        const QColor color = QColor::fromRgb(coloring_->color(entry.code, theme_.dark()));
        const QRectF circle(inside, middle - dot / 2, dot, dot);
        const bool hidden = hidden_[entry.code];
        painter.setPen(hidden ? QPen(color, 1.4) : QPen(Qt::NoPen));
        painter.setBrush(hidden ? QBrush(Qt::NoBrush) : QBrush(color));
        painter.drawEllipse(circle.adjusted(1, 1, -1, -1));
        painter.setPen(theme_.color(hidden ? Token::Muted : Token::Text));
        painter.drawText(QRect(inside + dot + gap, middle - line / 2, room, line),
                         Qt::AlignLeft | Qt::AlignVCenter,
                         metrics.elidedText(entry.name, Qt::ElideRight, room));
        if (with_focus && at == current_) {
            painter.setPen(QPen(theme_.color(Token::Accent), 1));
            painter.setBrush(Qt::NoBrush);
            painter.drawRoundedRect(QRectF(4, middle - line / 2 + 1, width() - 8, line - 2), 4, 4);
        }
    }
    if (const int more = static_cast<int>(coloring_->entries.size()) - lines(); more > 0) {
        painter.setPen(theme_.color(Token::Muted));
        painter.drawText(QRect(inside + dot + gap, inside + lines() * line, room, line),
                         Qt::AlignLeft | Qt::AlignVCenter, tr("and %1 more").arg(more));
    }
}

void ScatterLegend::paint_bar(QPainter& painter) const {
    painter.setFont(theme_.body());
    const QFontMetrics metrics(painter.font());
    painter.setPen(theme_.color(Token::Text));
    painter.drawText(QRect(inside, inside - 2, widest, line), Qt::AlignLeft | Qt::AlignVCenter,
                     metrics.elidedText(coloring_->title, Qt::ElideRight, widest));
    const int top = inside + line;
    for (int x = 0; x < widest; ++x) {
        const double share = static_cast<double>(x) / (widest - 1);
        const auto code = static_cast<std::uint8_t>(ScatterColoring::first +
                                                    share * (ScatterColoring::last - ScatterColoring::first));
        painter.fillRect(inside + x, top, 1, bar_height,
                         QColor::fromRgb(coloring_->color(code, theme_.dark())));
    }
    painter.setFont(theme_.figures());
    painter.setPen(theme_.color(Token::Muted));
    const QRect ends(inside, top + bar_height, widest, line);
    painter.drawText(ends, Qt::AlignLeft | Qt::AlignVCenter, figure(coloring_->low));
    painter.drawText(ends, Qt::AlignRight | Qt::AlignVCenter, figure(coloring_->high));
}

QSize ScatterLegend::paint_on(QPainter& painter) const {
    const QSize size = sizeHint();
    QColor ground = theme_.color(Token::Surface);
    ground.setAlpha(235);
    painter.setPen(QPen(theme_.color(Token::Line), 1));
    painter.setBrush(ground);
    painter.drawRoundedRect(QRectF(0.5, 0.5, size.width() - 1, size.height() - 1), 8, 8);
    if (coloring_->kind == ScatterColoring::Kind::Numbers)
        paint_bar(painter);
    else
        paint_entries(painter, hasFocus());
    return size;
}

void ScatterLegend::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    paint_on(painter);
}

void ScatterLegend::mousePressEvent(QMouseEvent* event) {
    event->accept(); // not a lasso
    if (coloring_->kind != ScatterColoring::Kind::Categories)
        return;
    const int at = entry_at(event->position().toPoint());
    if (at < 0)
        return;
    current_ = at;
    const std::uint8_t code = coloring_->entries[static_cast<std::size_t>(at)].code;
    if (event->button() == Qt::RightButton || event->position().x() < inside + dot + gap / 2)
        set_code_hidden(code, !hidden_[code]);
    else if (event->button() == Qt::LeftButton)
        Q_EMIT category_clicked(code, event->modifiers());
    update();
}

void ScatterLegend::keyPressEvent(QKeyEvent* event) {
    if (coloring_->kind != ScatterColoring::Kind::Categories || lines() == 0)
        return QWidget::keyPressEvent(event);
    const std::uint8_t code = coloring_->entries[static_cast<std::size_t>(current_)].code;
    switch (event->key()) {
    case Qt::Key_Down:
        current_ = std::min(current_ + 1, lines() - 1);
        break;
    case Qt::Key_Up:
        current_ = std::max(current_ - 1, 0);
        break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        Q_EMIT category_clicked(code, event->modifiers());
        break;
    case Qt::Key_Space:
        set_code_hidden(code, !hidden_[code]);
        break;
    default:
        return QWidget::keyPressEvent(event);
    }
    update();
}

bool ScatterLegend::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int at = coloring_->kind == ScatterColoring::Kind::Categories ? entry_at(help->pos()) : -1;
        if (at >= 0) {
            const auto& entry = coloring_->entries[static_cast<std::size_t>(at)];
            QToolTip::showText(help->globalPos(),
                               tr("%1: %2 rows. Click: select them; click the dot: hide them")
                                   .arg(entry.name, QLocale().toString(qulonglong(entry.rows))),
                               this);
        } else if (coloring_->missing_rows > 0) {
            QToolTip::showText(help->globalPos(),
                               tr("%1 rows have no value and are grey")
                                   .arg(QLocale().toString(qulonglong(coloring_->missing_rows))),
                               this);
        }
        return true;
    }
    return QWidget::event(event);
}

void select_category(RowSelection& selection, const ScatterColoring& coloring, std::uint8_t code,
                     Qt::KeyboardModifiers modifiers) {
    RowSelection::Flags flags(selection.rows(), 0);
    for (std::size_t row = 0; row < std::min(flags.size(), coloring.codes.size()); ++row)
        flags[row] = coloring.codes[row] == code;
    selection.select(std::move(flags), selection_how(modifiers));
}

} // namespace eyepiece
