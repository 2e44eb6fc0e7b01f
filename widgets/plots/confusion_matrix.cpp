// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/confusion_matrix.h"

#include "core/base/error.h"
#include "widgets/theme/theme.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <numeric>

namespace eyepiece {

namespace {
constexpr int header = 22, largest_cell = 96, gap = 2;
} // namespace

ConfusionMatrix::ConfusionMatrix(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(theme) {
    setObjectName(QStringLiteral("confusion-matrix"));
    setAccessibleName(tr("Confusion matrix"));
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    connect(&theme_, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void ConfusionMatrix::set_counts(const QStringList& classes, const QVector<QVector<double>>& counts) {
    bool square = counts.size() == classes.size();
    for (const auto& row : counts)
        square = square && row.size() == classes.size();
    if (!square)
        throw Error(ErrorCode::Internal, "A confusion matrix has one row and one column a class.");
    classes_ = classes;
    counts_ = counts;
    QStringList words;
    for (int truth = 0; truth < classes.size(); ++truth)
        words << describe(truth, truth);
    setAccessibleDescription(words.join(' '));
    updateGeometry();
    update();
}

void ConfusionMatrix::set_counted(const QString& things, const QString& unit) {
    things_ = things;
    unit_ = unit;
}

void ConfusionMatrix::clear() {
    set_counts({}, {});
}

double ConfusionMatrix::share(int truth, int predicted) const {
    const auto& row = counts_.at(truth);
    const double sum = std::accumulate(row.begin(), row.end(), 0.0);
    return sum > 0 ? row.at(predicted) / sum : 0;
}

QString ConfusionMatrix::describe(int truth, int predicted) const {
    return tr("%1 % of the %2 of %3 were taken for %4 (%5 %6).")
        .arg(QString::number(100 * share(truth, predicted), 'f', 1), things_, classes_.at(truth),
             classes_.at(predicted), QString::number(counts_.at(truth).at(predicted), 'f', 0), unit_);
}

int ConfusionMatrix::label_width() const {
    int width = 40;
    const QFontMetrics metrics(theme_.small());
    for (const QString& name : classes_)
        width = std::max(width, metrics.horizontalAdvance(name) + 10);
    return std::min(width, 96);
}

QRectF ConfusionMatrix::cell(int truth, int predicted) const {
    const int count = static_cast<int>(classes_.size());
    const int left = label_width();
    const double side =
        std::min<double>(largest_cell, static_cast<double>(width() - left) / std::max(1, count));
    const double high = std::min(side, 40.0);
    return {left + predicted * side, header + truth * high, side - gap, high - gap};
}

QSize ConfusionMatrix::sizeHint() const {
    const int count = std::max<int>(1, static_cast<int>(classes_.size()));
    return {label_width() + count * largest_cell, heightForWidth(label_width() + count * largest_cell)};
}

int ConfusionMatrix::heightForWidth(int width) const {
    const int count = static_cast<int>(classes_.size());
    if (count == 0)
        return header;
    const double side = std::min<double>(largest_cell, static_cast<double>(width - label_width()) / count);
    return header + static_cast<int>(count * std::min(side, 40.0)) + 2;
}

void ConfusionMatrix::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(theme_.small());
    const QFontMetrics metrics(theme_.small());
    const QColor low = theme_.color(Token::Raised), high = theme_.color(Token::Accent);
    const auto mix = [&](double t) {
        return QColor::fromRgbF(static_cast<float>(low.redF() + t * (high.redF() - low.redF())),
                                static_cast<float>(low.greenF() + t * (high.greenF() - low.greenF())),
                                static_cast<float>(low.blueF() + t * (high.blueF() - low.blueF())));
    };
    const int count = static_cast<int>(classes_.size());
    for (int truth = 0; truth < count; ++truth) {
        const QRectF first = cell(truth, 0);
        painter.setPen(theme_.color(Token::Muted));
        painter.drawText(QRectF(0, first.top(), label_width() - 8, first.height()),
                         Qt::AlignRight | Qt::AlignVCenter,
                         metrics.elidedText(classes_[truth], Qt::ElideRight, label_width() - 10));
        const QRectF top = cell(0, truth);
        painter.drawText(QRectF(top.left(), 0, top.width(), header - 2), Qt::AlignHCenter | Qt::AlignBottom,
                         metrics.elidedText(classes_[truth], Qt::ElideRight, static_cast<int>(top.width())));
        for (int predicted = 0; predicted < count; ++predicted) {
            const QRectF box = cell(truth, predicted);
            const QColor ground = mix(share(truth, predicted));
            painter.setPen(Qt::NoPen);
            painter.setBrush(ground);
            painter.drawRoundedRect(box, 4, 4);
            const QColor text = theme_.color(Token::Text), other = theme_.color(Token::OnAccent);
            painter.setPen(contrast_ratio(text, ground) >= contrast_ratio(other, ground) ? text : other);
            painter.drawText(box, Qt::AlignCenter,
                             QStringLiteral("%1 %").arg(100 * share(truth, predicted), 0, 'f', 1));
        }
    }
}

bool ConfusionMatrix::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        for (int truth = 0; truth < classes_.size(); ++truth)
            for (int predicted = 0; predicted < classes_.size(); ++predicted)
                if (cell(truth, predicted).contains(help->pos())) {
                    QToolTip::showText(help->globalPos(), describe(truth, predicted), this);
                    return true;
                }
        QToolTip::hideText();
        return true;
    }
    return QWidget::event(event);
}

} // namespace eyepiece
