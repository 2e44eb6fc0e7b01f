// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/help_viewer.h"

#include "widgets/shell/action_registry.h"
#include "widgets/theme/theme.h"

#include <QFile>
#include <QHBoxLayout>
#include <QListWidget>
#include <QTextBrowser>
#include <QTextDocument>

namespace eyepiece {

HelpViewer::HelpViewer(const Theme& theme, QWidget* parent)
    : QDialog(parent), pages_(new QListWidget(this)), browser_(new QTextBrowser(this)) {
    setObjectName(QStringLiteral("help"));
    setWindowTitle(tr("Help"));
    resize(820, 620);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    pages_->setObjectName(QStringLiteral("help.pages"));
    pages_->setAccessibleName(tr("Pages"));
    pages_->setFixedWidth(150);
    for (Stage stage : all_stages())
        pages_->addItem(stage_name(stage));
    browser_->setObjectName(QStringLiteral("help.text"));
    browser_->setAccessibleName(tr("Help text"));
    browser_->setOpenExternalLinks(true);
    browser_->document()->setDocumentMargin(24);
    row->addWidget(pages_);
    row->addWidget(browser_, 1);
    connect(pages_, &QListWidget::currentRowChanged, this, &HelpViewer::show_page);
    connect(&theme, &Theme::changed, this, [this] { show_page(pages_->currentRow()); });
}

void HelpViewer::show_stage(Stage stage) {
    pages_->setCurrentRow(static_cast<int>(stage));
    show();
    raise();
    activateWindow();
}

QString HelpViewer::text() const {
    return browser_->toPlainText();
}

void HelpViewer::show_page(int row) {
    if (row < 0)
        return;
    QFile file(":/help/" + stage_id(static_cast<Stage>(row)) + ".md");
    browser_->setMarkdown(file.open(QIODevice::ReadOnly)
                              ? QString::fromUtf8(file.readAll())
                              : tr("The help page of this stage is missing from the program."));
}

} // namespace eyepiece
