// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <algorithm>
#include <cstdint>
#include <functional>

namespace eyepiece {

// Calls work(block) for each block in [0,blocks) on so many threads, in any order. Results do not depend on
// the number of threads as long as each block writes its own place: sums over blocks are made afterwards, in
// order. The first exception of a block ends the loop early and is thrown on. Within a block, it runs in
// place.
//
// Threads are kept per calling thread and sleep between loops: OpenMP's spin, which on a machine that has
// other things to do made an iteration several times as long.
EYEPIECE_EXPORT void for_blocks(std::int64_t blocks, int threads,
                                const std::function<void(std::int64_t)>& work);

// The same over rows [from,to) in blocks of a fixed size: work(from, to, block).
template<class Work>
void for_rows(std::int64_t rows, std::int64_t size, int threads, const Work& work) {
    for_blocks((rows + size - 1) / size, threads,
               [&](std::int64_t block) { work(block * size, std::min(rows, (block + 1) * size), block); });
}

} // namespace eyepiece
