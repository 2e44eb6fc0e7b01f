// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/apart_section.h"

#include "plugins/explore/panels/exploration.h"
#include "widgets/theme/controls.h"

#include <QPainter>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

namespace eyepiece {

namespace {

constexpr int line = 24, bar_height = 5; // px
constexpr std::size_t most_bars = 8;
constexpr double clear = 0.05; // q
constexpr int calm = 200;      // ms without another selection

QString figure(double effect) {
    return std::isinf(effect) ? QStringLiteral("∞") : QString::number(effect, 'f', 1);
}

QString probability(double q) {
    return q < 1e-300 ? QStringLiteral("1e-300") : QString::number(q, 'g', 1);
}

} // namespace

DifferenceBars::DifferenceBars(const Theme& theme, QWidget* parent) : LineList(theme, line, parent) {
    setObjectName(QStringLiteral("apart.bars"));
    setAccessibleName(tr("Columns that differ most"));
}

void DifferenceBars::set_bars(std::vector<Bar> bars) {
    bars_ = std::move(bars);
    QStringList said;
    for (const Bar& bar : bars_)
        said << bar.name + ": " + bar.figure;
    lines_changed(said, 0);
}

void DifferenceBars::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(theme().figures());
    const QFontMetrics metrics(painter.font());
    const int figures = metrics.horizontalAdvance(QStringLiteral("−00.0"));
    const int names = width() * 42 / 100, left = names + 8, room = std::max(8, width() - left - figures - 8);
    for (std::size_t at = 0; at < bars_.size(); ++at) {
        const Bar& bar = bars_[at];
        const int top = static_cast<int>(at) * line, middle = top + line / 2;
        painter.setPen(theme().color(Token::Text));
        painter.drawText(QRect(0, top, names, line), Qt::AlignLeft | Qt::AlignVCenter,
                         metrics.elidedText(bar.name, Qt::ElideRight, names));
        painter.setPen(theme().color(Token::Muted));
        painter.drawText(QRect(0, top, width(), line), Qt::AlignRight | Qt::AlignVCenter, bar.figure);
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme().color(Token::Line));
        painter.drawRoundedRect(QRectF(left, middle - bar_height / 2, room, bar_height), 2, 2);
        painter.setBrush(theme().color(Token::Look));
        painter.drawRoundedRect(QRectF(left, middle - bar_height / 2, room * bar.length, bar_height), 2, 2);
    }
    paint_focus(painter);
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
