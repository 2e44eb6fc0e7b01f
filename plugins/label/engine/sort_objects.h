// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/operation.h"

namespace eyepiece::label {

// "sort-objects": tells the class of every labelled object of a project from a few examples, by what is
// measured of each (core/data/measurement_table.h). It changes nothing.
//   spec:   {"project", "examples": [[item, object], ...] (default: those the project keeps,
//            core/project/class_examples.h), "set", "seed", "threads"}
//   result: {"objects": [[item, object, class, certainty], ...], "examples": {class: number},
//            "changes": objects whose class is another now, "out_of_bag": share or null,
//            "importances": [{"feature", "value"}, ...] falling,
//            "next": [[item, object], ...] the least sure first, "seconds"}
// An example keeps its class, with certainty 1. Error(BadInput) that says what to do when fewer than two
// classes have an example.
void register_sort_objects(OperationRegistry& operations);

} // namespace eyepiece::label
