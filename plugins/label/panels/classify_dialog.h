// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QDialog>
#include <QString>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace eyepiece {

class SwitchRow;
class WorkbenchContext;

// Which images a classifier of pixels is to be applied to, and where its answers go.
struct ClassifyRequest {
    QString folder; // of images; empty: the project's own
    QString out;    // a folder
    bool probabilities = false;
};

// Asks for a ClassifyRequest: what `eyepiece-cli learn` and `classify` do.
class ClassifyDialog : public QDialog {
    Q_OBJECT
public:
    explicit ClassifyDialog(WorkbenchContext& context, QWidget* parent = nullptr);

Q_SIGNALS:
    void chosen(const eyepiece::ClassifyRequest& request);
    void copy_wanted(const eyepiece::ClassifyRequest& request); // as command

private:
    ClassifyRequest request() const;
    void browse(QLineEdit* path, const QString& title);
    void refresh();

    WorkbenchContext& context_;
    QComboBox* source_;
    QWidget* folder_row_;
    QLineEdit *folder_, *out_;
    SwitchRow* probabilities_;
    QLabel* problem_;
    QPushButton* accept_;
};

} // namespace eyepiece
