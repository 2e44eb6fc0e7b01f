// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QListWidget>
#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;

namespace eyepiece {

class WorkbenchContext;

// The classes of the project: choose, add, rename, recolour, delete; with key and number of objects on this
// image.
class ClassList : public QWidget {
    Q_OBJECT
public:
    explicit ClassList(WorkbenchContext& context, QWidget* parent = nullptr);

private:
    void rebuild();
    void count();
    void mark_current();
    void add_class();
    void rename(QListWidgetItem* item);
    void recolor(int class_id);
    void remove(int class_id);
    void menu(const QPoint& at);
    int class_at(QListWidgetItem* item) const;
    WorkbenchContext& context_;
    QListWidget* list_;
    QLineEdit* new_name_;
    QLabel* empty_;
    bool building_ = false;
};

} // namespace eyepiece
