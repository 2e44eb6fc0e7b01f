// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <chrono>
#include <optional>

namespace eyepiece {

// How long someone is at work: the time between signs of life that follow each other soon enough. A longer
// pause, a telephone call or a weekend, does not count at all. Plain C++, one thread.
class EYEPIECE_EXPORT WorkClock {
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::seconds longest_pause{30};

    void tick(Time now = std::chrono::steady_clock::now()); // a sign of life: a stroke, a move of the mouse
    double take();  // seconds at work since the last take() or restart()
    void restart(); // what is to come belongs to something else; what was not taken is no one's

private:
    std::optional<Time> last_;
    std::chrono::duration<double> busy_{0};
};

} // namespace eyepiece
