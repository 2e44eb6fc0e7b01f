// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace eyepiece {

// Rows in the order of the leaves of a dendrogram, so that rows that are alike lie beside each other: average
// linkage of Euclidean distances, by chains of nearest neighbours (Murtagh 1983). `values` is rows x columns,
// row after row, all finite. Holds rows^2 distances of 4 bytes: meant for the few thousand rows that a
// picture shows. The same values give the same order. Stops early, with the rows as they are, when told to.
EYEPIECE_EXPORT std::vector<std::uint32_t> leaf_order(std::span<const float> values, std::size_t rows,
                                                      std::size_t columns, const std::atomic<bool>& stop);

} // namespace eyepiece
