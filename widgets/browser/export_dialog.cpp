// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/browser/export_dialog.h"

#include "core/intake/label_export.h"
#include "widgets/browser/project_actions.h"
#include "widgets/shell/copy_command.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QVBoxLayout>
#include <string_view>

namespace eyepiece {
namespace {

QString shown(std::string_view text) {
    return QString::fromUtf8(text.data(), static_cast<int>(text.size()));
}

} // namespace

ExportDialog::ExportDialog(WorkbenchContext& context, QWidget* parent)
    : QDialog(parent), context_(context), format_(new QComboBox(this)), path_(new QLineEdit(this)) {
    setObjectName(QStringLiteral("export-labels"));
    setWindowTitle(tr("Export labels"));
    resize(560, 10);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(24, 16, 24, 16);
    column->setSpacing(12);
    column->addWidget(
        text_label(context.theme,
                   tr("Writes the labels of every labelled image, for other programs to read. The project "
                      "stays as it is."),
                   Token::Muted, this));
    format_->setObjectName(QStringLiteral("export-labels.format"));
    format_->setAccessibleName(tr("Form of the labels"));
    for (const LabelExportFormat& format : label_export_formats()) {
        format_->addItem(shown(format.title), shown(format.name));
        format_->setItemData(format_->count() - 1, shown(format.help), Qt::ToolTipRole);
    }
    column->addWidget(format_);
    help_ = text_label(context.theme, {}, Token::Muted, this);
    column->addWidget(help_);
    auto* row = new QHBoxLayout;
    path_->setObjectName(QStringLiteral("export-labels.path"));
    path_->setAccessibleName(tr("Where to write the labels"));
    auto* browse = quiet_button(tr("Choose…"), QStringLiteral("export-labels.browse"), this);
    row->addWidget(path_, 1);
    row->addWidget(browse);
    column->addLayout(row);
    column->addStretch();
    auto* buttons = new QHBoxLayout;
    auto* copy = quiet_button(tr("Copy as command"), QStringLiteral("export-labels.copy"), this);
    auto* cancel = quiet_button(tr("Cancel"), QStringLiteral("export-labels.cancel"), this);
    accept_ = primary_button(tr("Export"), QStringLiteral("export-labels.accept"), this);
    accept_->setDefault(true);
    buttons->addWidget(copy);
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(accept_);
    column->addLayout(buttons);

    connect(browse, &QPushButton::clicked, this, &ExportDialog::browse);
    connect(format_, &QComboBox::currentIndexChanged, this, &ExportDialog::refresh);
    connect(path_, &QLineEdit::textChanged, this, &ExportDialog::refresh);
    connect(copy, &QPushButton::clicked, this, [this] {
        copy_command(ProjectActions::export_arguments(context_.session.folder(), format(), path()),
                     context_.notices);
    });
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(accept_, &QPushButton::clicked, this, [this] {
        accept();
        Q_EMIT this->chosen(format(), path());
    });
    refresh();
}

QString ExportDialog::format() const {
    return format_->currentData().toString();
}

QString ExportDialog::path() const {
    return path_->text().trimmed();
}

void ExportDialog::browse() {
    const LabelExportFormat& chosen = label_export_format(format().toStdString());
    const QString ending = QFileInfo(shown(chosen.suggested)).suffix();
    const QString found =
        chosen.one_file
            ? QFileDialog::getSaveFileName(this, tr("File to write"), path(),
                                           QStringLiteral("%1 (*.%2)").arg(ending.toUpper(), ending))
            : QFileDialog::getExistingDirectory(this, tr("Folder for the labels"), path());
    if (!found.isEmpty())
        path_->setText(found);
}

void ExportDialog::refresh() {
    const LabelExportFormat& chosen = label_export_format(format().toStdString());
    help_->setText(format_->currentData(Qt::ToolTipRole).toString());
    if (path() == suggested_) {
        suggested_ = context_.session.folder() + QLatin1Char('/') + shown(chosen.suggested);
        if (path() != suggested_)
            path_->setText(suggested_); // which comes back here
    }
    const QFileInfo info(path());
    const bool fits = chosen.one_file ? !info.isDir() : !info.isFile();
    accept_->setEnabled(!path().isEmpty() && fits);
    accept_->setToolTip(path().isEmpty()  ? tr("Say first where to write them")
                        : fits            ? QString()
                        : chosen.one_file ? tr("This is a folder: give the name of a file in it")
                                          : tr("This is a file: give the name of a folder"));
}

} // namespace eyepiece
