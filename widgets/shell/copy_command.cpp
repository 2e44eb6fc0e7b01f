// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/copy_command.h"

#include "widgets/shell/notices.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QRegularExpression>

namespace eyepiece {

QString shell_quoted(const QString& argument) {
    static const QRegularExpression plain(QStringLiteral("^[A-Za-z0-9_@%+=:,./-]+$"));
    if (plain.match(argument).hasMatch() && !argument.startsWith('~'))
        return argument;
    QString quoted = argument;
    quoted.replace('\'', QStringLiteral("'\\''"));
    return "'" + quoted + "'";
}

QString command_line(const QStringList& arguments) {
    QStringList words{QStringLiteral("eyepiece-cli")};
    for (const QString& argument : arguments)
        words.append(shell_quoted(argument));
    return words.join(' ');
}

QStringList settings_text(const Json& values) {
    QStringList texts;
    for (const auto& [name, value] : values.items())
        texts << QString::fromStdString(name + "=" +
                                        (value.is_string() ? value.get<std::string>() : value.dump()));
    return texts;
}

QStringList setting_words(const Json& values) {
    QStringList words;
    for (const QString& text : settings_text(values))
        words << QStringLiteral("--set") << text;
    return words;
}

void copy_command(const QStringList& arguments, Notices& notices) {
    copy_line(command_line(arguments), notices);
}

void copy_line(const QString& line, Notices& notices) {
    QGuiApplication::clipboard()->setText(line);
    Notice notice{Notice::Kind::Good, QCoreApplication::translate("eyepiece", "Copied: %1").arg(line)};
    notice.topic = QStringLiteral("copy-command");
    notices.show(notice);
}

} // namespace eyepiece
