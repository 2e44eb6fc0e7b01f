// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/settings_dialog.h"

#include "widgets/theme/controls.h"

#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QSpinBox>
#include <QVBoxLayout>
#include <algorithm>
#include <thread>

namespace eyepiece {

SettingsDialog::SettingsDialog(const Theme& theme, const Preferences& now, QWidget* parent)
    : QDialog(parent)
    , engine_(new QLineEdit(now.engine_command, this))
    , device_(new QComboBox(this))
    , threads_(new QSpinBox(this))
    , look_(new QComboBox(this))
    , author_(new QLineEdit(now.author, this)) {
    setObjectName(QStringLiteral("settings"));
    setWindowTitle(tr("Settings"));
    setMinimumWidth(560);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(24, 16, 24, 16);
    column->setSpacing(8);
    int row = 0;
    auto* grid = new QGridLayout;
    grid->setColumnMinimumWidth(0, 130);
    grid->setColumnStretch(1, 1);
    grid->setHorizontalSpacing(16);
    grid->setVerticalSpacing(4);
    const auto section = [&](const QString& title) {
        grid->addWidget(new SectionHeader(theme, title, {}, this), row++, 0, 1, 2);
    };
    const auto field = [&](const QString& label, QWidget* widget, const QString& name, const QString& help) {
        auto* text = new QLabel(label, this);
        text->setBuddy(widget);
        widget->setObjectName(name);
        widget->setAccessibleName(label.endsWith(':') ? label.chopped(1) : label);
        widget->setAccessibleDescription(help);
        grid->addWidget(text, row, 0);
        grid->addWidget(widget, row++, 1);
        grid->addWidget(text_label(theme, help, Token::Muted, this), row++, 1);
        grid->setRowMinimumHeight(row++, 4);
    };
    section(tr("You"));
    field(tr("Name"), author_, QStringLiteral("settings.author"),
          tr("Written beside each label that you make."));
    section(tr("Look"));
    look_->addItems({tr("As the desktop"), tr("Light"), tr("Dark")});
    look_->setCurrentIndex(static_cast<int>(now.theme));
    field(tr("Theme"), look_, QStringLiteral("settings.theme"),
          tr("The sun and moon in the bottom bar switch it, too."));
    section(tr("Engine"));
    device_->addItem(tr("Choose by itself"), QStringLiteral("auto"));
    device_->addItem(tr("Processor"), QStringLiteral("cpu"));
    device_->addItem(tr("Graphics card (CUDA)"), QStringLiteral("cuda"));
    device_->setCurrentIndex(std::max(0, device_->findData(now.device)));
    field(tr("Device"), device_, QStringLiteral("settings.device"),
          tr("Where networks are trained and used."));
    threads_->setRange(0, 1024);
    threads_->setSpecialValueText(tr("All %1 cores").arg(std::max(1U, std::thread::hardware_concurrency())));
    threads_->setValue(now.threads);
    field(tr("Threads"), threads_, QStringLiteral("settings.threads"),
          tr("Fewer leave room for other programs."));
    engine_->setPlaceholderText(QStringLiteral("eyepiece-cli serve"));
    field(
        tr("Engine command"), engine_, QStringLiteral("settings.engine"),
        tr("Empty: the engine on this machine. Another one: ssh gpu-box eyepiece-cli serve. It must see the "
           "project's folder under the same path."));
    column->addLayout(grid);
    column->addStretch();
    auto* buttons = new QHBoxLayout;
    auto* cancel = quiet_button(tr("Cancel"), QStringLiteral("settings.cancel"), this);
    auto* accept = primary_button(tr("Use these"), QStringLiteral("settings.accept"), this);
    accept->setDefault(true);
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(accept);
    column->addLayout(buttons);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(accept, &QPushButton::clicked, this, [this] {
        Preferences p;
        p.engine_command = engine_->text().trimmed();
        p.device = device_->currentData().toString();
        p.threads = threads_->value();
        p.theme = static_cast<ThemeMode>(look_->currentIndex());
        p.author = author_->text().trimmed();
        this->accept();
        Q_EMIT chosen(p);
    });
}

} // namespace eyepiece
