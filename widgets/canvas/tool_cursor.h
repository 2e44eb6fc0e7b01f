// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QCursor>
#include <QString>

namespace eyepiece {

// A cross with the tool's icon beside it, which shows on any ground. `icon` as Theme::icon() takes it.
QCursor tool_cursor(const QString& icon);

} // namespace eyepiece
