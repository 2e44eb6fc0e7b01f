// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <QDialog>
#include <QStringList>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace eyepiece {

class WorkbenchContext;

// In which form the labels are to be written, and where to: what `eyepiece-cli labels` does.
class EYEPIECE_EXPORT ExportDialog : public QDialog {
    Q_OBJECT
public:
    explicit ExportDialog(WorkbenchContext& context, QWidget* parent = nullptr);

Q_SIGNALS:
    void chosen(const QString& format, const QString& path); // a format's name, and a folder or file

private:
    QString format() const;
    QString path() const;
    void browse();
    void refresh();

    WorkbenchContext& context_;
    QComboBox* format_;
    QLineEdit* path_;
    QPushButton* accept_;
    QLabel* help_ = nullptr;
    QString suggested_; // the path as this dialog wrote it; another one is the user's
};

} // namespace eyepiece
