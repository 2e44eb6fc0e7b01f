// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

// Runs one of the scripts beside this file with Debian's Python and returns the number that it prints; 0 when
// it cannot be run.
inline double python_peer(const std::string& script_and_arguments) {
    const std::string command =
        std::string("/usr/bin/python3 ") + EYEPIECE_SOURCE + "/tests/benchmarks/" + script_and_arguments;
    std::FILE* pipe = popen(command.c_str(), "r");
    if (!pipe)
        return 0;
    std::array<char, 64> text{};
    const bool read = std::fgets(text.data(), text.size(), pipe) != nullptr;
    return pclose(pipe) == 0 && read ? std::strtod(text.data(), nullptr) : 0;
}
