// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/shell/preferences.h"

#include <QDialog>

class QComboBox;
class QLineEdit;
class QSpinBox;

namespace eyepiece {

// What holds for all projects. Tells the new preferences once, when the user accepts them.
class EYEPIECE_EXPORT SettingsDialog : public QDialog {
    Q_OBJECT
public:
    SettingsDialog(const Theme& theme, const Preferences& now, QWidget* parent = nullptr);

Q_SIGNALS:
    void chosen(const eyepiece::Preferences& preferences);

private:
    QLineEdit* engine_;
    QComboBox* device_;
    QSpinBox* threads_;
    QComboBox* look_;
    QLineEdit* author_;
};

} // namespace eyepiece
