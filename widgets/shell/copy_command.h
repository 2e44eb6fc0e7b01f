// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/base/parameters.h"

#include <QString>
#include <QStringList>

class QWidget;

namespace eyepiece {

class Notices;

// The line of `eyepiece-cli` that does what a click does, quoted for a POSIX shell: arguments that need no
// quotes get none, so that it stays readable.
EYEPIECE_EXPORT QString shell_quoted(const QString& argument);
EYEPIECE_EXPORT QString command_line(const QStringList& arguments); // "eyepiece-cli import ..."

// "name=value" for each of a form's values, and the same with "--set" before each.
EYEPIECE_EXPORT QStringList settings_text(const Json& values);
EYEPIECE_EXPORT QStringList setting_words(const Json& values);

// Puts the line on the clipboard and says so.
EYEPIECE_EXPORT void copy_command(const QStringList& arguments, Notices& notices);
EYEPIECE_EXPORT void copy_line(const QString& line, Notices& notices);

} // namespace eyepiece
