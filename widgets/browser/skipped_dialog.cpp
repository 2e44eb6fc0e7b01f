// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/browser/skipped_dialog.h"

#include "widgets/theme/controls.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace eyepiece {

SkippedDialog::SkippedDialog(const Theme& theme, const QString& summary,
                             const std::vector<SkippedFile>& files, QWidget* parent)
    : QDialog(parent) {
    setObjectName(QStringLiteral("skipped"));
    setWindowTitle(tr("Left out"));
    resize(760, 420);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 16, 16, 16);
    column->setSpacing(12);
    column->addWidget(text_label(theme, summary, Token::Text, this));
    auto* list = new QTreeWidget(this);
    list->setObjectName(QStringLiteral("skipped.list"));
    list->setAccessibleName(tr("Files and reasons"));
    list->setHeaderLabels({tr("File"), tr("Why")});
    list->setRootIsDecorated(false);
    list->setUniformRowHeights(true);
    list->setSelectionMode(QAbstractItemView::ExtendedSelection);
    list->header()->resizeSection(0, 240);
    QStringList lines;
    QList<QTreeWidgetItem*> rows;
    for (const SkippedFile& file : files) {
        const QString name = QString::fromStdString(file.name), reason = QString::fromStdString(file.reason);
        auto* row = new QTreeWidgetItem({name, reason});
        row->setToolTip(0, name);
        row->setToolTip(1, reason);
        rows.append(row);
        lines.append(name + '\t' + reason);
    }
    list->addTopLevelItems(rows);
    column->addWidget(list, 1);
    auto* row = new QHBoxLayout;
    auto* copy = quiet_button(tr("Copy the list"), QStringLiteral("skipped.copy"), this);
    auto* close = primary_button(tr("Close"), QStringLiteral("skipped.close"), this);
    close->setDefault(true);
    row->addStretch();
    row->addWidget(copy);
    row->addWidget(close);
    column->addLayout(row);
    connect(copy, &QPushButton::clicked, this,
            [lines] { QGuiApplication::clipboard()->setText(lines.join('\n')); });
    connect(close, &QPushButton::clicked, this, &QDialog::accept);
}

} // namespace eyepiece
