// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/preferences.h"

#include <QSettings>
#include <algorithm>
#include <pwd.h>
#include <unistd.h>

namespace eyepiece {

namespace {
QString login_name() {
    const passwd* entry = getpwuid(geteuid());
    return entry ? QString::fromLocal8Bit(entry->pw_name) : QString::number(geteuid());
}
} // namespace

Preferences Preferences::read(const QSettings& settings) {
    Preferences p;
    p.engine_command = settings.value(QStringLiteral("engine/command")).toString().trimmed();
    const QString device = settings.value(QStringLiteral("engine/device"), p.device).toString();
    if (device == u"cpu" || device == u"cuda")
        p.device = device;
    p.threads = std::clamp(settings.value(QStringLiteral("engine/threads"), 0).toInt(), 0, 1024);
    const QString theme = settings.value(QStringLiteral("theme")).toString();
    p.theme = theme == u"dark" ? ThemeMode::Dark : theme == u"light" ? ThemeMode::Light : ThemeMode::System;
    p.author = settings.value(QStringLiteral("author")).toString().trimmed();
    if (p.author.isEmpty())
        p.author = login_name();
    return p;
}

void Preferences::write(QSettings& settings) const {
    settings.setValue(QStringLiteral("engine/command"), engine_command);
    settings.setValue(QStringLiteral("engine/device"), device);
    settings.setValue(QStringLiteral("engine/threads"), threads);
    settings.setValue(QStringLiteral("theme"), theme == ThemeMode::Dark    ? QStringLiteral("dark")
                                               : theme == ThemeMode::Light ? QStringLiteral("light")
                                                                           : QStringLiteral("system"));
    settings.setValue(QStringLiteral("author"), author);
}

} // namespace eyepiece
