// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

namespace eyepiece {

// While one lives, LibTorch computes on the calling thread alone: for work that for_blocks() spreads, whose
// sums must not depend on how many threads there are. OpenBLAS knows one number of threads for the whole
// process: it is one while any of these lives, and what it was before after the last.
class EYEPIECE_EXPORT SingleThreaded {
public:
    SingleThreaded();
    ~SingleThreaded();
    SingleThreaded(const SingleThreaded&) = delete;
    SingleThreaded& operator=(const SingleThreaded&) = delete;

private:
    int before_;
};

} // namespace eyepiece
