// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "widgets/theme/theme.h"

#include <QString>

class QSettings;

namespace eyepiece {

// What the user has set for all projects; read from and written to the window's QSettings. A value type.
struct EYEPIECE_EXPORT Preferences {
    QString engine_command; // "ssh gpu-box eyepiece-cli serve"; empty: the eyepiece-cli beside the window
    QString device = QStringLiteral("auto"); // auto | cpu | cuda
    int threads = 0;                         // 0: all cores
    ThemeMode theme = ThemeMode::System;
    QString author; // who labels; the login name at first

    static Preferences read(const QSettings& settings);
    void write(QSettings& settings) const;
    bool operator==(const Preferences&) const = default;
};

} // namespace eyepiece
