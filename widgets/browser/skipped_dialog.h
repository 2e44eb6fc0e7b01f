// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/browser/project_actions.h"

#include <QDialog>

namespace eyepiece {

class Theme;

// The files that were left out, each with its reason, as a list that one can copy.
class EYEPIECE_EXPORT SkippedDialog : public QDialog {
    Q_OBJECT
public:
    SkippedDialog(const Theme& theme, const QString& summary, const std::vector<SkippedFile>& files,
                  QWidget* parent = nullptr);
};

} // namespace eyepiece
