// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/version.h"

#include <cstdio>

int main() {
    std::puts("eyepiece-cli " EYEPIECE_VERSION);
    return 0;
}
