// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/work_clock.h"

#include <utility>

namespace eyepiece {

void WorkClock::tick(Time now) {
    if (last_ && now - *last_ <= longest_pause)
        busy_ += now - *last_;
    last_ = now;
}

double WorkClock::take() {
    return std::exchange(busy_, std::chrono::duration<double>(0)).count();
}

void WorkClock::restart() {
    last_.reset();
    busy_ = std::chrono::duration<double>(0);
}

} // namespace eyepiece
