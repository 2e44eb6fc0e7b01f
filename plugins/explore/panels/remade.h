// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/table.h"
#include "plugins/explore/panels/exploration_record.h"

namespace eyepiece {

// An exploration whose table was made of the project anew: rows may have come, gone or moved. They are known
// again by the ids that ProjectTable wrote. The classes that the user named, and
// what was decided about labels, stay with their rows; outcomes of
// steps stay where they would be the same, that is where rows and features are, and else have to be run
// again. Any thread; as slow as reading both tables once.
void keep_what_holds(ExplorationRecord& record, const Table& before, const Table& now);

} // namespace eyepiece
