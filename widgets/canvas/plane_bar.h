// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QWidget>

class QLabel;
class QSlider;

namespace eyepiece {

// Sliders for the z plane and the time point of a stack; hidden for a single picture.
class PlaneBar : public QWidget {
    Q_OBJECT
public:
    explicit PlaneBar(QWidget* parent);
    void set_range(int depth, int frames);
    void set_plane(int z, int t);

Q_SIGNALS:
    void moved(int z, int t);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    struct Row {
        QLabel* name = nullptr;
        QSlider* slider = nullptr;
        QLabel* value = nullptr;
    };
    Row make_row(const QString& letter, const QString& name);
    void show_values();
    Row z_, t_;
};

} // namespace eyepiece
