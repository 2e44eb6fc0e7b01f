// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Everything is hidden unless marked: it keeps the shared libraries' doors as small as the headers say.
#define EYEPIECE_EXPORT __attribute__((visibility("default")))
