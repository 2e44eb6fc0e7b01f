// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/plots/scatter_coloring.h"
#include "widgets/table/latest_work.h"

#include <QComboBox>
#include <memory>

namespace eyepiece {

class ColumnListModel;
class Exploration;
class WorkbenchContext;

// The column that gives the rows their colour, in every view. Remembered in the exploration's look.
class ColorChoice : public QComboBox {
    Q_OBJECT
public:
    ColorChoice(WorkbenchContext& context, Exploration& exploration, QWidget* parent = nullptr);

    std::optional<std::size_t> column() const; // none: one colour

Q_SIGNALS:
    void column_changed();
    void coloring_changed(std::shared_ptr<const eyepiece::ScatterColoring> coloring);

private:
    void adopt();
    void fill();
    void read();

    Exploration& exploration_;
    ColumnListModel* columns_;
    bool filling_ = false;
    LatestWork work_;
};

} // namespace eyepiece
