// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/clustering.h"
#include "core/learning/embedding.h"

#include <algorithm>
#include <map>

namespace eyepiece {

FittedEmbedding::~FittedEmbedding() = default;
Embedding::~Embedding() = default;
Clustering::~Clustering() = default;

std::vector<float> FittedEmbedding::place(MatrixView, int, JobContext&) const {
    throw Error(ErrorCode::Unsupported, "This method cannot place new rows in a finished embedding. "
                                        "Choose another one.");
}

bool Embedding::fits_batches(const Json&) const {
    return false;
}

std::unique_ptr<FittedEmbedding> Embedding::fit_batches(RowStream&, const EmbeddingRequest&, JobContext&) {
    throw Error(ErrorCode::Unsupported, "This method needs all rows at once. Choose another one.");
}

void FittedEmbedding::expect_columns(MatrixView rows, std::int64_t fitted) {
    if (rows.columns != fitted)
        throw Error(ErrorCode::BadInput, "The new rows have " + std::to_string(rows.columns) +
                                             " columns, and the embedding was made of " +
                                             std::to_string(fitted) + ". Give rows with the same columns.");
}

void order_clusters(ClusteringResult& result) {
    struct Seen {
        std::int64_t size = 0;
        std::size_t first = 0;
        std::int32_t label = 0;
    };
    std::map<std::int32_t, Seen> seen;
    for (std::size_t i = 0; i < result.labels.size(); ++i) {
        const std::int32_t label = result.labels[i];
        if (label < 0)
            continue;
        Seen& entry = seen[label];
        if (entry.size++ == 0)
            entry.first = i, entry.label = label;
    }
    std::vector<Seen> order;
    for (const auto& [label, entry] : seen)
        order.push_back(entry);
    std::sort(order.begin(), order.end(), [](const Seen& a, const Seen& b) {
        return a.size != b.size ? a.size > b.size : a.first < b.first;
    });
    std::map<std::int32_t, std::int32_t> renamed;
    for (std::size_t i = 0; i < order.size(); ++i)
        renamed[order[i].label] = static_cast<std::int32_t>(i);
    for (std::int32_t& label : result.labels)
        label = label < 0 ? -1 : renamed[label];
    result.clusters = static_cast<int>(order.size());
}

} // namespace eyepiece
