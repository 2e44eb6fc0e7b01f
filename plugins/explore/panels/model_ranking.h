// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/explore/panels/line_list.h"

#include <vector>

namespace eyepiece {

// Models by their score: a line each, with the score's interval drawn on one scale for all, which a click or
// Return chooses. The baseline's score runs through all lines: what does not pass it is worth nothing.
class ModelRanking : public LineList {
    Q_OBJECT
public:
    struct Line {
        QString name, title, figure, tip;      // figure: "0.94 ± 0.01"
        double score = 0, low = 0, high = 0;   // of the 95 % interval
        bool baseline = false, passes = false; // the baseline, clearly
        bool failed = false;                   // no score: the tip says why
    };
    explicit ModelRanking(const Theme& theme, QWidget* parent = nullptr);
    void set_lines(std::vector<Line> lines);
    const std::vector<Line>& lines() const { return lines_; }
    void set_current(const QString& name); // the one that is explained

Q_SIGNALS:
    void chosen(const QString& name);

protected:
    int count() const override { return static_cast<int>(lines_.size()); }
    QString tip(int at) const override { return lines_[static_cast<std::size_t>(at)].tip; }
    void choose(int at) override;
    void paintEvent(QPaintEvent* event) override;

private:
    std::vector<Line> lines_;
    double least_ = 0, most_ = 1; // of the scale
    QString explained_;
};

} // namespace eyepiece
