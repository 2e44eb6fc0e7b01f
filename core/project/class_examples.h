// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/labels.h"

#include <filesystem>
#include <vector>

namespace eyepiece {

// The objects that someone chose as examples of their class, from which the other objects' classes are
// learnt: examples.json in the project's folder, {"version": 1, "examples": [[item, object], ...]}. Which
// class an object is an example of is what the project says of it now, so that undo and renaming hold here
// too; one that is no longer there is left out by whoever reads.
inline constexpr int class_examples_version = 1;

// In the order chosen; empty when none was. Throws Error(BadInput) when the file is damaged,
// Error(Unsupported) when a newer Eyepiece wrote it.
EYEPIECE_EXPORT std::vector<ObjectKey> read_class_examples(const std::filesystem::path& project);
// A reader sees the old or the new ones, never half. Throws Error(Storage).
EYEPIECE_EXPORT void write_class_examples(const std::filesystem::path& project,
                                          const std::vector<ObjectKey>& examples);

} // namespace eyepiece
