// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/color_choice.h"

#include "plugins/explore/panels/exploration.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/table/column_list_model.h"

#include <algorithm>

namespace eyepiece {

ColorChoice::ColorChoice(WorkbenchContext& context, Exploration& exploration, QWidget* parent)
    : QComboBox(parent), exploration_(exploration), columns_(new ColumnListModel(this)) {
    setObjectName(QStringLiteral("scatter.color"));
    setAccessibleName(tr("Colour"));
    setToolTip(tr("Column that gives the rows their colour"));
    setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    setMinimumContentsLength(8);
    setModel(columns_);
    connect(this, &QComboBox::currentIndexChanged, this, [this] {
        if (filling_)
            return;
        exploration_.update_look({{"color", currentText().toStdString()}});
        Q_EMIT column_changed();
        read();
    });
    connect(&work_, &LatestWork::failed, this,
            [&context](const QString& message) { context.notices.show(Notice::Kind::Bad, message); });
    connect(&exploration_, &Exploration::adopted, this, &ColorChoice::adopt);
    connect(&exploration_, &Exploration::closed, this, &ColorChoice::adopt);
    connect(&exploration_, &Exploration::table_changed, this, &ColorChoice::fill);
}

std::optional<std::size_t> ColorChoice::column() const {
    const int at = count() ? currentData().toInt() : -1;
    return at >= 0 ? std::optional(static_cast<std::size_t>(at)) : std::nullopt;
}

void ColorChoice::adopt() {
    filling_ = true;
    columns_->clear();
    filling_ = false;
}

void ColorChoice::fill() {
    const Table& table = *exploration_.table();
    const Json look = exploration_.record().look;
    // Names are remembered, not places: columns come and go with the steps.
    QString before = currentText();
    if (before.isEmpty() && look.contains("color") && look["color"].is_string())
        before = QString::fromStdString(look["color"].get<std::string>());
    filling_ = true;
    columns_->set_table(exploration_.table(), tr("One colour"));
    // A target, or the clusters, is what one wants to see first.
    int wanted = 0;
    for (std::size_t at = 0; at < table.columns() && wanted == 0; ++at)
        if (table.role(at) == ColumnRole::Target || table.type(at) == ColumnType::Categorical)
            wanted = static_cast<int>(at) + 1;
    const int found = before.isEmpty() ? -1 : findText(before);
    setCurrentIndex(found >= 0 ? found : std::min(wanted, count() - 1));
    filling_ = false;
    Q_EMIT column_changed();
    read();
}

void ColorChoice::read() {
    const auto at = column();
    if (!at || !exploration_.is_open()) {
        work_.drop();
        Q_EMIT coloring_changed(std::make_shared<const ScatterColoring>());
        return;
    }
    work_.start([this, table = exploration_.table(), place = *at](LatestWork::Stop) {
        auto coloring = std::make_shared<const ScatterColoring>(ScatterColoring::by(table->column(place)));
        return LatestWork::Finish([this, table, coloring] {
            if (table == exploration_.table())
                Q_EMIT coloring_changed(coloring);
        });
    });
}

} // namespace eyepiece
