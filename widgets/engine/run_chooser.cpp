// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/engine/run_chooser.h"

#include "widgets/engine/run_monitor.h"
#include "widgets/shell/selection.h"

#include <QSignalBlocker>
#include <cmath>

namespace eyepiece {

RunChooser::RunChooser(RunMonitor& runs, Selection& selection, QWidget* parent)
    : QComboBox(parent), runs_(runs), selection_(selection) {
    setObjectName(QStringLiteral("run-chooser"));
    setAccessibleName(tr("Run"));
    setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    setMinimumContentsLength(10);
    connect(&runs_, &RunMonitor::runs_changed, this, &RunChooser::fill);
    connect(&runs_, &RunMonitor::run_changed, this, &RunChooser::fill);
    connect(&selection_, &Selection::run_changed, this, &RunChooser::fill);
    connect(this, &QComboBox::activated, this, [this] { selection_.set_run(run()); });
    fill();
}

void RunChooser::fill() {
    {
        const QSignalBlocker quiet(this);
        clear();
        for (auto run = runs_.runs().rbegin(); run != runs_.runs().rend(); ++run) {
            const bool usable = run->has_checkpoint && run->state != RunState::Damaged;
            if (!usable)
                continue;
            QString text = run->title();
            if (std::isfinite(run->score()))
                text += QStringLiteral(" · %1").arg(run->score(), 0, 'f', 3);
            addItem(text, run->id);
        }
        const int wanted = findData(selection_.run());
        setCurrentIndex(wanted >= 0 ? wanted : count() > 0 ? 0 : -1);
        setEnabled(count() > 0);
        setPlaceholderText(tr("No trained run yet"));
    }
    if (run() != told_) {
        told_ = run();
        Q_EMIT run_chosen(told_);
    }
}

} // namespace eyepiece
