// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/keypoints.h"
#include "widgets/theme/theme.h"

#include <QDialog>
#include <vector>

class QComboBox;
class QLabel;
class QListWidget;
class QListWidgetItem;
class QPushButton;
class QVBoxLayout;

namespace eyepiece {

// Says what the points of a class are called, which are joined, which are left and right, and their colours.
// Changes nothing by itself: whoever opened it takes skeleton() and origins() once it is accepted.
class SkeletonDialog : public QDialog {
    Q_OBJECT
public:
    SkeletonDialog(const Theme& theme, const QString& class_name, const Skeleton& skeleton,
                   QWidget* parent = nullptr);
    const Skeleton& skeleton() const { return skeleton_; }
    // Which of the first skeleton's points each one is; -1: a new one.
    const std::vector<int>& origins() const { return origins_; }

private:
    // The list of links, or of pairs, and what changes it.
    struct EndsRows {
        std::vector<Skeleton::Ends> Skeleton::*list;
        QListWidget* shown;
        QComboBox *from, *to;
    };
    EndsRows add_ends(QVBoxLayout* column, const QString& title, const QString& help, const QString& name,
                      std::vector<Skeleton::Ends> Skeleton::*list);
    void add_point();
    void remove_point();
    void move_point(int step);
    void rename(QListWidgetItem* item);
    void recolor();
    void show_all(int chosen);
    void check();

    Skeleton skeleton_;
    std::vector<int> origins_;
    QListWidget* points_;
    EndsRows links_, pairs_;
    QPushButton *remove_, *up_, *down_, *color_, *accept_;
    QLabel* problem_;
    bool showing_ = false;
};

} // namespace eyepiece
