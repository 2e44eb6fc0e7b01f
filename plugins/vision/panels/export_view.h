// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QStackedWidget;

namespace eyepiece {

class Card;
class ParameterForm;
class RunChooser;
class WorkbenchContext;

class ExportView : public QWidget {
    Q_OBJECT
public:
    explicit ExportView(WorkbenchContext& context, QWidget* parent = nullptr);

protected:
    void showEvent(QShowEvent* event) override;

private:
    void ask_formats();
    void suggest_file();
    void update_page();
    void start();
    void show_result(const Json& result);
    QString model() const; // "DIR:RUN"
    QStringList command() const;

    WorkbenchContext& context_;
    QStackedWidget* pages_;
    RunChooser* run_;
    QComboBox* format_;
    QLineEdit* file_;
    ParameterForm* form_;
    QPushButton *export_, *copy_, *copy_use_;
    Card *result_, *use_;
    QLabel* problem_;
    QPlainTextEdit* card_text_;
    Json formats_ = Json::array();
    QString exported_, suggested_;
    bool exporting_ = false;
};

} // namespace eyepiece
