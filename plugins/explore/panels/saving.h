// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/data/table.h"

#include <QString>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

class QWidget;

namespace eyepiece {

class Exploration;
class Notices;

// Asks where to, and offers the table's name with this ending; empty: the user thought better of it.
QString ask_where_to_save(QWidget* parent, const QString& title, const Exploration& exploration,
                          const QString& ending, const QString& filter);

// Writes the file on a thread of its own, and says in a notice how it went; `write` returns what there is to
// say besides. `parent` owns the job.
void save_in_background(QWidget* parent, const QString& file, std::function<QString(JobContext&)> write,
                        Notices& notices);

// These rows as CSV.
void save_rows_as_csv(QWidget* parent, const QString& file, std::shared_ptr<const Table> table,
                      std::vector<std::uint32_t> rows, Notices& notices);

} // namespace eyepiece
