// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/importance_list.h"

#include "widgets/theme/controls.h"

#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>

namespace eyepiece {

namespace {
constexpr std::size_t most_shown = 8;
}

ImportanceList::ImportanceList(const Theme& theme, const QString& name, QWidget* parent)
    : QWidget(parent), theme_(theme) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(2));
    more_ = link_button({}, name + QStringLiteral("-more-importances"), this);
    more_->setAccessibleName(tr("What it goes by"));
    column->addWidget(more_, 0, Qt::AlignLeft);
    list_ = new QWidget(this);
    list_->setObjectName(name + QStringLiteral("-importances"));
    rows_ = new QGridLayout(list_);
    rows_->setContentsMargins(0, 0, 0, 0);
    rows_->setHorizontalSpacing(Theme::space(2));
    rows_->setVerticalSpacing(Theme::space(1));
    rows_->setColumnStretch(0, 5);
    rows_->setColumnStretch(1, 2);
    column->addWidget(list_);
    connect(more_, &QPushButton::clicked, this, [this] { fold(!list_->isHidden()); });
    fold(true);
}

void ImportanceList::fold(bool folded) {
    list_->setVisible(!folded);
    more_->setText(folded ? tr("What it goes by") : tr("Hide what it goes by"));
}

void ImportanceList::show_features(const std::vector<FeatureImportance>& falling) {
    while (QLayoutItem* item = rows_->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    const double largest = falling.empty() ? 1 : std::max(falling.front().value, 1e-12);
    for (std::size_t i = 0; i < std::min(falling.size(), most_shown); ++i) {
        const FeatureImportance& one = falling[i];
        const int row = static_cast<int>(i);
        auto* name = text_label(theme_, one.feature, Token::Text, list_);
        name->setFont(theme_.small());
        auto* bar = new ProgressLine(theme_, list_);
        bar->set_fraction(one.value / largest);
        auto* figure = text_label(theme_, tr("%1 %").arg(one.value * 100, 0, 'f', 1), Token::Muted, list_);
        figure->setFont(theme_.small());
        figure->setWordWrap(false);
        rows_->addWidget(name, row, 0);
        rows_->addWidget(bar, row, 1);
        rows_->addWidget(figure, row, 2, Qt::AlignRight);
    }
}

} // namespace eyepiece
