// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/formats/table_reader.h"

namespace eyepiece {

// One function a format, each in its own file; register_table_readers() calls them all.
void register_csv_reader(TableReaderRegistry& readers);
void register_sklearn_reader(TableReaderRegistry& readers);
void register_orange_reader(TableReaderRegistry& readers);
void register_arff_reader(TableReaderRegistry& readers);
void register_idx_reader(TableReaderRegistry& readers);
void register_npy_readers(TableReaderRegistry& readers);
void register_matrix_market_readers(TableReaderRegistry& readers);
void register_fcs_reader(TableReaderRegistry& readers);
void register_hdf5_readers(TableReaderRegistry& readers);
void register_measurement_reader(TableReaderRegistry& readers);

} // namespace eyepiece
