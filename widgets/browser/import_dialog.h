// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"

#include <QDialog>
#include <QStringList>

class QLabel;
class QLineEdit;
class QPushButton;

namespace eyepiece {

class ParameterForm;
class WorkbenchContext;

// Which labels to bring in, and how. The settings are those of `eyepiece-cli import`, laid out by the form.
class EYEPIECE_EXPORT ImportDialog : public QDialog {
    Q_OBJECT
public:
    explicit ImportDialog(WorkbenchContext& context, QWidget* parent = nullptr);
    void set_path(const QString& path);

Q_SIGNALS:
    void chosen(const QStringList& paths, const eyepiece::Json& settings); // only what the user has set

private:
    QStringList paths() const;
    void refresh();

    WorkbenchContext& context_;
    QLineEdit* path_;
    ParameterForm* form_;
    QPushButton* accept_;
    QLabel* help_ = nullptr; // of the chosen format
};

} // namespace eyepiece
