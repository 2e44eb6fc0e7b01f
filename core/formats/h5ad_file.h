// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/formats/hdf5_file.h"
#include "core/formats/table_reader.h"

namespace eyepiece {

// Whether the file is AnnData: X with obs and var, of any of its layouts.
bool is_anndata(const Hdf5File& file);

// A row a cell (obs), a column a gene (var), sparse where X is; the columns of obs, and embeddings of up to
// three dimensions in obsm, are annotations. Layouts: records (to 0.6), groups with "__categories" (0.7), and
// groups with "encoding-type" (0.8 on). `matrix`: "X", "raw", "layers/NAME" or "obsm/NAME".
OpenedTable read_anndata(const Hdf5File& file, const std::string& matrix, JobContext& context);

// A sparse matrix of the group: data, indices, indptr. `by_columns`: compressed columns.
SparseMatrix read_sparse_group(const Hdf5File& file, const std::string& group, std::size_t rows,
                               std::size_t columns, bool by_columns);

} // namespace eyepiece
