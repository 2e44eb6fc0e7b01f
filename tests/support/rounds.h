// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QtGlobal>
#include <algorithm>

namespace eyepiece::test {

// How often a test of something rare tries: EYEPIECE_ROUNDS, else what fits a run of all tests.
inline int rounds(int usual) {
    bool said = false;
    const int wanted = qEnvironmentVariableIntValue("EYEPIECE_ROUNDS", &said);
    return said ? std::max(1, wanted) : usual;
}

} // namespace eyepiece::test
