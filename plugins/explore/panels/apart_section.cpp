// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/apart_section.h"

#include "plugins/explore/panels/exploration.h"
#include "widgets/theme/controls.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

namespace eyepiece {

namespace {

constexpr int line = 24, bar_height = 5; // px
constexpr std::size_t most_bars = 8;
constexpr double clear = 0.05; // q
constexpr int calm = 200;      // ms without another selection

// A cancel for whoever waits for the newest answer.
class StoppedBy : public QuietJob {
public:
    explicit StoppedBy(LatestWork::Stop stop) : stop_(stop) {}
    bool cancelled() const noexcept override { return stop_; }

private:
    LatestWork::Stop stop_;
};

QString figure(double effect) {
    return std::isinf(effect) ? QStringLiteral("∞") : QString::number(effect, 'f', 1);
}

QString probability(double q) {
    return q < 1e-300 ? QStringLiteral("1e-300") : QString::number(q, 'g', 1);
}

} // namespace

DifferenceBars::DifferenceBars(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(theme) {
    setObjectName(QStringLiteral("apart.bars"));
    setAccessibleName(tr("Columns that differ most"));
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::PointingHandCursor);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&theme_, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void DifferenceBars::set_bars(std::vector<Bar> bars) {
    bars_ = std::move(bars);
    current_ = 0;
    QStringList said;
    for (const Bar& bar : bars_)
        said << bar.name + ": " + bar.figure;
    setAccessibleDescription(said.join(QStringLiteral(", ")));
    updateGeometry();
    update();
}

QSize DifferenceBars::sizeHint() const {
    return {220, static_cast<int>(bars_.size()) * line};
}

QRect DifferenceBars::bar_rect(int at) const {
    return {0, at * line, width(), line};
}

void DifferenceBars::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(theme_.figures());
    const QFontMetrics metrics(painter.font());
    const int figures = metrics.horizontalAdvance(QStringLiteral("−00.0"));
    const int names = width() * 42 / 100, left = names + 8, room = std::max(8, width() - left - figures - 8);
    for (std::size_t at = 0; at < bars_.size(); ++at) {
        const Bar& bar = bars_[at];
        const int top = static_cast<int>(at) * line, middle = top + line / 2;
        painter.setPen(theme_.color(Token::Text));
        painter.drawText(QRect(0, top, names, line), Qt::AlignLeft | Qt::AlignVCenter,
                         metrics.elidedText(bar.name, Qt::ElideRight, names));
        painter.setPen(theme_.color(Token::Muted));
        painter.drawText(QRect(0, top, width(), line), Qt::AlignRight | Qt::AlignVCenter, bar.figure);
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme_.color(Token::Line));
        painter.drawRoundedRect(QRectF(left, middle - bar_height / 2, room, bar_height), 2, 2);
        painter.setBrush(theme_.color(Token::Look));
        painter.drawRoundedRect(QRectF(left, middle - bar_height / 2, room * bar.length, bar_height), 2, 2);
        if (hasFocus() && static_cast<int>(at) == current_) {
            painter.setPen(QPen(theme_.color(Token::Accent), 1));
            painter.setBrush(Qt::NoBrush);
            painter.drawRoundedRect(QRectF(0.5, top + 1.5, width() - 1, line - 3), 4, 4);
        }
    }
}

void DifferenceBars::mousePressEvent(QMouseEvent* event) {
    const int at = static_cast<int>(event->position().y()) / line;
    if (at < 0 || at >= static_cast<int>(bars_.size()))
        return;
    current_ = at;
    update();
    Q_EMIT chosen(bars_[static_cast<std::size_t>(at)].column);
}

void DifferenceBars::keyPressEvent(QKeyEvent* event) {
    if (bars_.empty())
        return QWidget::keyPressEvent(event);
    if (event->key() == Qt::Key_Down)
        current_ = std::min(current_ + 1, static_cast<int>(bars_.size()) - 1);
    else if (event->key() == Qt::Key_Up)
        current_ = std::max(current_ - 1, 0);
    else if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter || event->key() == Qt::Key_Space)
        Q_EMIT chosen(bars_[static_cast<std::size_t>(current_)].column);
    else
        return QWidget::keyPressEvent(event);
    update();
}

bool DifferenceBars::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int at = help->pos().y() / line;
        if (at >= 0 && at < static_cast<int>(bars_.size()))
            QToolTip::showText(help->globalPos(), bars_[static_cast<std::size_t>(at)].tip, this);
        return true;
    }
    return QWidget::event(event);
}

ApartSection::ApartSection(const Theme& theme, Exploration& exploration, QWidget* parent)
    : QWidget(parent)
    , exploration_(exploration)
    , bars_(new DifferenceBars(theme, this))
    , words_(text_label(theme, {}, Token::Muted, this)) {
    setObjectName(QStringLiteral("explore.apart"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(2));
    column->addWidget(new SectionHeader(theme, tr("What sets it apart"), {}, this));
    column->addWidget(bars_);
    words_->setObjectName(QStringLiteral("apart.words"));
    column->addWidget(words_);
    hide();
    soon_.setSingleShot(true);
    soon_.setInterval(calm);
    connect(&soon_, &QTimer::timeout, this, &ApartSection::compare);
    connect(&exploration_.selection(), &RowSelection::changed, this, [this] {
        if (exploration_.selection().empty())
            hide();
        soon_.start();
    });
    connect(&exploration_, &Exploration::table_changed, &soon_, qOverload<>(&QTimer::start));
    connect(&work_, &LatestWork::failed, this, [this](const QString& message) {
        bars_->set_bars({});
        words_->setText(message);
        show();
    });
    connect(bars_, &DifferenceBars::chosen, this, &ApartSection::column_chosen);
}

ApartSection::~ApartSection() = default;

void ApartSection::compare() {
    if (exploration_.selection().empty() || exploration_.table()->rows() == 0) {
        work_.drop();
        found_.clear();
        return hide();
    }
    work_.start([this, table = exploration_.table(),
                 flags = exploration_.selection().snapshot()](LatestWork::Stop stop) {
        StoppedBy context(stop);
        auto found =
            std::make_shared<std::vector<ColumnDifference>>(group_differences(*table, *flags, context));
        return LatestWork::Finish([this, table, flags, found] {
            if (table == exploration_.table() && flags == exploration_.selection().snapshot())
                show_found(*found);
        });
    });
}

void ApartSection::show_found(const std::vector<ColumnDifference>& found) {
    found_.clear();
    const Table& table = *exploration_.table();
    std::vector<DifferenceBars::Bar> bars;
    double largest = 0, worst = 0;
    for (const ColumnDifference& one : found) {
        // Where a map puts them and which class they got is how they were chosen, not what they are like.
        if (one.effect == 0 || one.q > clear ||
            (one.column < table.dense().size() && !exploration_.correctable(table.name(one.column))))
            continue;
        found_.push_back(one);
        if (bars.size() >= most_bars)
            continue;
        if (std::isfinite(one.effect))
            largest = std::max(largest, std::abs(one.effect));
        worst = std::max(worst, one.q);
        DifferenceBars::Bar bar;
        bar.column = one.column;
        bar.name = QString::fromStdString(table.name(one.column));
        bar.figure = figure(one.effect);
        if (one.category.empty()) {
            bar.tip = tr("%1: mean %2 against %3 in the rest; Cohen's d %4, Welch's t test q = %5")
                          .arg(bar.name)
                          .arg(one.group_mean, 0, 'g', 4)
                          .arg(one.rest_mean, 0, 'g', 4)
                          .arg(figure(one.effect), probability(one.q));
        } else {
            const QString category = QString::fromStdString(one.category);
            bar.name += QStringLiteral(": ") + category;
            bar.tip = tr("%1: %2 % against %3 % in the rest; Cramér's V %4, chi-squared test q = %5")
                          .arg(bar.name)
                          .arg(100 * one.group_share, 0, 'f', 0)
                          .arg(100 * one.rest_share, 0, 'f', 0)
                          .arg(figure(one.effect), probability(one.q));
        }
        bars.push_back(std::move(bar));
    }
    for (std::size_t at = 0; at < bars.size(); ++at)
        bars[at].length =
            std::isinf(found_[at].effect) || largest == 0 ? 1 : std::abs(found_[at].effect) / largest;
    words_->setText(bars.empty()
                        ? tr("No column differs clearly (q at most 0.05).")
                        : tr("Difference from the rest in standard deviations (of categories: Cramér's "
                             "V); all at q = %1 or below.")
                              .arg(probability(worst)));
    bars_->set_bars(std::move(bars));
    show();
}

} // namespace eyepiece
