// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <QObject>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace eyepiece {

// Which rows of one table are selected: one object, handed to the scatter, the table and the statistics
// beside them, so that none of them needs to know the others. Rows count from 0 in the order of the file.
// Tells only when something changed. Lives on the window's thread; a snapshot may be read on any.
class EYEPIECE_EXPORT RowSelection : public QObject {
    Q_OBJECT
public:
    using Flags = std::vector<std::uint8_t>; // one a row: 1 where it is selected
    enum class How { Replace, Add, Remove, Toggle };

    explicit RowSelection(QObject* parent = nullptr);

    void reset(std::size_t rows); // another table: nothing of it is selected
    std::size_t rows() const { return flags_->size(); }
    std::size_t count() const { return count_; }
    bool empty() const { return count_ == 0; }
    bool contains(std::size_t row) const { return row < rows() && (*flags_)[row] != 0; }
    std::vector<std::size_t> selected() const; // in rising order
    std::shared_ptr<const Flags> snapshot() const { return flags_; }

    // Rows beyond the last one are ignored.
    void select(const std::vector<std::size_t>& which, How how = How::Replace);
    void select(Flags which, How how = How::Replace); // as long as the table
    void clear();

Q_SIGNALS:
    void changed();
    void was_reset();

private:
    void adopt(Flags flags);
    std::shared_ptr<const Flags> flags_;
    std::size_t count_ = 0;
};

// What the mouse in a plot does: Shift adds, Alt takes away, else what is new replaces what was.
EYEPIECE_EXPORT RowSelection::How selection_how(Qt::KeyboardModifiers modifiers);

} // namespace eyepiece
