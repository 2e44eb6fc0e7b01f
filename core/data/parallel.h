// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <cstddef>
#include <functional>

namespace eyepiece {

// Calls work(i) for i in [0, count) from several threads, in no order; the first exception is thrown on once
// all have ended. For work of a millisecond and more: threads are started anew. Fewer at most where each
// needs much memory.
EYEPIECE_EXPORT void parallel_for(std::size_t count, const std::function<void(std::size_t)>& work,
                                  std::size_t most_threads = 8);

} // namespace eyepiece
