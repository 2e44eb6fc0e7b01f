// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "plugins/explore/engine/distances.h"

namespace eyepiece::explore {

// The k nearest rows of each row, nearest first; ties in the order of the rows.
struct Neighbours {
    std::int64_t rows = 0;
    int k = 0;
    std::vector<std::int32_t> index; // rows * k
    std::vector<float> distance;     // rows * k, in the metric's own unit
};

enum class Search {
    Automatic, // exact where that is a matter of seconds
    Exact,
    // Rows are parted by k-means into cells of a hundred or so, and each is compared with those of the
    // nearest cells (an inverted file, as FAISS's IndexIVF, but cell against cell, so that the work is
    // dense). Finds 99 % and more of the true neighbours.
    //
    // Ours and not FAISS's: for 15 neighbours of 70,000 x 50 on the same two busy cores, this took 4 s for
    // 99.7 % and the exact search 22 s; Debian's FAISS 1.7.3 took 184 s exactly (IndexFlatL2) and 32 s for
    // 99.3 % (IndexIVFFlat, 256 lists, 16 probed). Its HNSW depends on the order of threads, so that the same
    // seed would not give the same picture.
    Approximate
};

// Among the rows themselves; a row is not its own neighbour. k is less than the number of rows. `rows` are
// those of prepared_rows(). The result depends on the seed (for Approximate), not on the number of threads.
Neighbours nearest_neighbours(MatrixView rows, int k, Metric metric, Search search, std::uint64_t seed,
                              int threads, JobContext& context);

// Of other rows among these, exactly.
Neighbours nearest_neighbours_of(MatrixView queries, MatrixView rows, int k, Metric metric, int threads,
                                 JobContext& context);

} // namespace eyepiece::explore
