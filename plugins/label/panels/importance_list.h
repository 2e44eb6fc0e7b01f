// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/label/panels/feature_importance.h"

#include <QString>
#include <QWidget>
#include <vector>

class QGridLayout;
class QPushButton;

namespace eyepiece {

class Theme;

// "What it goes by": folded at first, the features that a classifier used most, each with a bar.
class ImportanceList : public QWidget {
    Q_OBJECT
public:
    // `name` begins the object names of its parts.
    ImportanceList(const Theme& theme, const QString& name, QWidget* parent = nullptr);
    void show_features(const std::vector<FeatureImportance>& falling);

private:
    void fold(bool folded);
    const Theme& theme_;
    QPushButton* more_;
    QWidget* list_;
    QGridLayout* rows_;
};

} // namespace eyepiece
