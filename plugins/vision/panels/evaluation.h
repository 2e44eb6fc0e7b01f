// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"
#include "core/project/changes.h"

#include <QMap>
#include <QMetaType>
#include <QString>
#include <QStringList>
#include <QVector>
#include <vector>

namespace eyepiece {

// The result of the operation evaluate, as it is shown. A value type.
struct Evaluation {
    struct Image {
        ItemId item = 0;
        QString name;
        double iou = 0, dice = 0, accuracy = 0;
    };
    struct Class {
        QString name;
        double iou = 0, dice = 0, accuracy = 0;
    };
    struct Baseline {
        QString title;
        double iou = 0;
    };
    QString run, split;
    std::vector<Image> images; // worst first
    std::vector<Class> classes;
    double pixel_accuracy = 0, mean_iou = 0;
    QMap<QString, QMap<QString, double>> precision; // "watershed" -> {"0.5" -> AP}
    QStringList confusion_classes;
    QVector<QVector<double>> confusion; // [true][predicted]
    std::vector<Baseline> baselines;

    // Throws Error(BadInput). Absent figures are NaN.
    static Evaluation from_json(const Json& json, const QString& run);
    QByteArray csv() const; // one row an image
};

} // namespace eyepiece
