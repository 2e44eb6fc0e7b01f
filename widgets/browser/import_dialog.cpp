// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/browser/import_dialog.h"

#include "core/intake/importer.h"
#include "widgets/browser/project_actions.h"
#include "widgets/forms/parameter_form.h"
#include "widgets/shell/copy_command.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <QVBoxLayout>
#include <string>
#include <string_view>

namespace eyepiece {
namespace {

QString shown(std::string_view text) {
    return QString::fromUtf8(text.data(), static_cast<int>(text.size()));
}

QString known_formats() {
    QStringList titles;
    for (const LabelFormat& format : label_formats())
        titles << shown(format.title);
    return titles.join(QStringLiteral(", "));
}

} // namespace

ImportDialog::ImportDialog(WorkbenchContext& context, QWidget* parent)
    : QDialog(parent)
    , context_(context)
    , path_(new QLineEdit(this))
    , form_(new ParameterForm(context.theme)) {
    const Theme& theme = context_.theme;
    setObjectName(QStringLiteral("import"));
    setWindowTitle(tr("Import labels"));
    resize(620, 600);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(24, 16, 24, 16);
    column->setSpacing(8);
    column->addWidget(text_label(
        theme, tr("Labels made elsewhere: %1. They find their images by name.").arg(known_formats()),
        Token::Muted, this));
    auto* row = new QHBoxLayout;
    path_->setObjectName(QStringLiteral("import.path"));
    path_->setAccessibleName(tr("Folder or file with the labels"));
    path_->setPlaceholderText(tr("Folder or file with the labels"));
    auto* folder = quiet_button(tr("Folder…"), QStringLiteral("import.folder"), this);
    auto* file = quiet_button(tr("File…"), QStringLiteral("import.file"), this);
    row->addWidget(path_, 1);
    row->addWidget(folder);
    row->addWidget(file);
    column->addLayout(row);
    help_ = text_label(theme, {}, Token::Muted, this);
    column->addWidget(help_);
    form_->setObjectName(QStringLiteral("import.form"));
    form_->set_schema(import_parameters());
    auto* area = new QScrollArea(this);
    area->setWidgetResizable(true);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setFocusPolicy(Qt::NoFocus);
    area->setWidget(form_);
    column->addWidget(area, 1);
    auto* buttons = new QHBoxLayout;
    auto* copy = quiet_button(tr("Copy as command"), QStringLiteral("import.copy"), this);
    auto* cancel = quiet_button(tr("Cancel"), QStringLiteral("import.cancel"), this);
    accept_ = primary_button(tr("Import"), QStringLiteral("import.accept"), this);
    accept_->setDefault(true);
    buttons->addWidget(copy);
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(accept_);
    column->addLayout(buttons);

    connect(folder, &QPushButton::clicked, this, [this] {
        const QString chosen =
            QFileDialog::getExistingDirectory(this, tr("Folder with the labels"), path_->text());
        if (!chosen.isEmpty())
            set_path(chosen);
    });
    connect(file, &QPushButton::clicked, this, [this] {
        const QString chosen = QFileDialog::getOpenFileName(this, tr("File with the labels"), path_->text());
        if (!chosen.isEmpty())
            set_path(chosen);
    });
    connect(path_, &QLineEdit::textChanged, this, &ImportDialog::refresh);
    connect(form_, &ParameterForm::changed, this, &ImportDialog::refresh);
    connect(copy, &QPushButton::clicked, this, [this] {
        copy_command(ProjectActions::import_arguments(context_.session.folder(), paths(), form_->values()),
                     context_.notices);
    });
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(accept_, &QPushButton::clicked, this, [this] {
        accept();
        Q_EMIT this->chosen(paths(), form_->values());
    });
    refresh();
}

void ImportDialog::set_path(const QString& path) {
    path_->setText(path);
}

QStringList ImportDialog::paths() const {
    return {path_->text().trimmed()};
}

void ImportDialog::refresh() {
    const Json values = form_->values();
    const std::string format = values.value("format", std::string("auto"));
    QString help =
        tr("The form is told from the files themselves; choose another below if it is taken for the "
           "wrong one.");
    for (const LabelFormat& known : label_formats())
        if (known.name == format)
            help = shown(known.help);
    if (format == "images")
        help = tr("Whatever labels lie beside the images are left alone.");
    help_->setText(help);
    const QString path = path_->text().trimmed();
    const bool there = !path.isEmpty() && QFileInfo::exists(path);
    accept_->setEnabled(there && form_->valid());
    accept_->setToolTip(path.isEmpty()    ? tr("Choose a folder or a file first")
                        : !there          ? tr("%1 does not exist").arg(path)
                        : !form_->valid() ? form_->problems().first()
                                          : QString());
}

} // namespace eyepiece
