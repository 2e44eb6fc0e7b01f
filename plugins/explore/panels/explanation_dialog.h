// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"

#include <QDialog>
#include <QString>

class QComboBox;
class QStackedWidget;
class QTableWidget;

namespace eyepiece {

class DifferenceBars;
class LinePlot;
class Theme;

// What a model goes by, whole: what each column is worth, how the prediction moves with one of them, which
// classes it takes for each other in cross-validation, and its coefficients. Shows one answer of `fit`
// (core/operations/fit.h), which it keeps; what that answer lacks gets no place. Lives on the window's
// thread.
class ExplanationDialog : public QDialog {
    Q_OBJECT
public:
    // title: the model's, "Random forest"; shapley_title: of the model whose Shapley values are given.
    ExplanationDialog(const Theme& theme, const Json& answer, const QString& title,
                      const QString& shapley_title, QWidget* parent = nullptr);

private:
    QWidget* importances_part(const QString& shapley_title);
    QWidget* effects_part();
    QWidget* confusion_part();
    QWidget* coefficients_part();
    void show_importances(const std::string& measure);
    void show_effect(std::size_t at);
    QString class_name(std::size_t at) const;
    QString shapley_by_class(std::size_t column) const;

    const Theme& theme_;
    Json answer_, explanation_;
    DifferenceBars* bars_ = nullptr;
    QComboBox* effect_of_ = nullptr;
    QStackedWidget* effect_ = nullptr;
    LinePlot* curves_ = nullptr;
    QTableWidget* levels_ = nullptr;
};

} // namespace eyepiece
