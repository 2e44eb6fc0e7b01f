// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/classify_dialog.h"

#include "widgets/shell/project_session.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QComboBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QVBoxLayout>

namespace eyepiece {

namespace {
const QString folder_key = QStringLiteral("label/classify-folder");
}

ClassifyDialog::ClassifyDialog(WorkbenchContext& context, QWidget* parent)
    : QDialog(parent), context_(context) {
    setObjectName(QStringLiteral("classify"));
    setWindowTitle(tr("Classify images"));
    resize(560, 10);
    const Theme& theme = context.theme;
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(24, 16, 24, 16);
    column->setSpacing(12);
    column->addWidget(text_label(
        theme,
        tr("Learns from all labels of this project, keeps that in the project, and writes a label image of "
           "each image: a number for each object that it finds. The project's labels stay as they are."),
        Token::Muted, this));
    source_ = new QComboBox(this);
    source_->setObjectName(QStringLiteral("classify.source"));
    source_->setAccessibleName(tr("Images to classify"));
    source_->addItem(tr("A folder of images"));
    source_->addItem(tr("The images of this project"));
    column->addWidget(source_);
    const auto path_row = [&](QLineEdit*& path, const char* name, const QString& spoken,
                              const QString& title) {
        auto* row_widget = new QWidget(this);
        auto* row = new QHBoxLayout(row_widget);
        row->setContentsMargins(0, 0, 0, 0);
        path = new QLineEdit(row_widget);
        path->setObjectName(QLatin1String(name));
        path->setAccessibleName(spoken);
        path->setPlaceholderText(spoken);
        auto* browse =
            quiet_button(tr("Choose…"), QLatin1String(name) + QStringLiteral("-browse"), row_widget);
        row->addWidget(path, 1);
        row->addWidget(browse);
        column->addWidget(row_widget);
        connect(browse, &QPushButton::clicked, this, [this, path, title] { this->browse(path, title); });
        connect(path, &QLineEdit::textChanged, this, &ClassifyDialog::refresh);
        return row_widget;
    };
    folder_row_ =
        path_row(folder_, "classify.folder", tr("Folder of the images"), tr("Folder of images to classify"));
    column->addWidget(new SectionHeader(theme, tr("Write to"), {}, this));
    path_row(out_, "classify.out", tr("Folder for the label images"), tr("Folder for the label images"));
    probabilities_ = new SwitchRow(theme, tr("Also how likely each class is"),
                                   QStringLiteral("classify.probabilities"), this);
    probabilities_->setToolTip(tr("A TIFF beside each label image, one channel a class"));
    column->addWidget(probabilities_);
    problem_ = text_label(theme, {}, Token::Look, this);
    problem_->setObjectName(QStringLiteral("classify.problem"));
    column->addWidget(problem_);
    column->addStretch();
    auto* buttons = new QHBoxLayout;
    auto* copy = quiet_button(tr("Copy as command"), QStringLiteral("classify.copy"), this);
    auto* cancel = quiet_button(tr("Cancel"), QStringLiteral("classify.cancel"), this);
    accept_ = primary_button(tr("Classify"), QStringLiteral("classify.accept"), this);
    accept_->setDefault(true);
    buttons->addWidget(copy);
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(accept_);
    column->addLayout(buttons);

    folder_->setText(context.settings.value(folder_key).toString());
    out_->setText(context.session.folder() + QStringLiteral("/classified"));
    connect(source_, &QComboBox::currentIndexChanged, this, &ClassifyDialog::refresh);
    connect(copy, &QPushButton::clicked, this, [this] { Q_EMIT copy_wanted(request()); });
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(accept_, &QPushButton::clicked, this, [this] {
        const ClassifyRequest wanted = request();
        if (!wanted.folder.isEmpty())
            context_.settings.setValue(folder_key, wanted.folder);
        accept();
        Q_EMIT chosen(wanted);
    });
    refresh();
}

ClassifyRequest ClassifyDialog::request() const {
    return {source_->currentIndex() == 0 ? folder_->text().trimmed() : QString(), out_->text().trimmed(),
            probabilities_->isChecked()};
}

void ClassifyDialog::browse(QLineEdit* path, const QString& title) {
    const QString found = QFileDialog::getExistingDirectory(this, title, path->text());
    if (!found.isEmpty())
        path->setText(found);
}

void ClassifyDialog::refresh() {
    const bool from_folder = source_->currentIndex() == 0;
    folder_row_->setVisible(from_folder);
    const ClassifyRequest wanted = request();
    QString problem;
    if (from_folder && wanted.folder.isEmpty())
        problem = tr("Choose the folder that the images are in.");
    else if (from_folder && !QFileInfo(wanted.folder).isDir())
        problem = tr("There is no folder %1.").arg(wanted.folder);
    else if (wanted.out.isEmpty())
        problem = tr("Choose a folder for the results.");
    else if (QFileInfo(wanted.out).isFile())
        problem = tr("%1 is a file: give the name of a folder.").arg(wanted.out);
    else if (from_folder && QDir(wanted.folder) == QDir(wanted.out))
        problem = tr("Write to another folder than the images', so that none is replaced.");
    problem_->setText(problem);
    problem_->setVisible(!problem.isEmpty());
    accept_->setEnabled(problem.isEmpty());
    // Texts that wrap have no height of their own that a dialog would keep.
    layout()->activate();
    setMinimumHeight(layout()->totalHeightForWidth(width()));
    resize(width(), minimumHeight());
}

} // namespace eyepiece
