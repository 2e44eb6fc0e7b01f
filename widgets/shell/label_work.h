// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/shell/project_session.h"

namespace eyepiece {

class WorkbenchContext;

// Work that changes labels in the project itself, beside the strokes of the label editor: those go to the
// disk first, and none may begin until the work has ended, for it would bring back what was before. As
// ProjectSession::run. Throws Error(Conflict) while that is not possible.
EYEPIECE_EXPORT BackgroundJob* run_on_labels(WorkbenchContext& context, const QString& title,
                                             ProjectSession::ProjectWork work,
                                             std::function<void()> done = {});

} // namespace eyepiece
