// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/table/row_selection.h"

#include "core/base/error.h"

#include <algorithm>

namespace eyepiece {

RowSelection::RowSelection(QObject* parent) : QObject(parent), flags_(std::make_shared<Flags>()) {}

void RowSelection::reset(std::size_t rows) {
    flags_ = std::make_shared<Flags>(rows, std::uint8_t{0});
    count_ = 0;
    Q_EMIT was_reset();
    Q_EMIT changed();
}

std::vector<std::size_t> RowSelection::selected() const {
    std::vector<std::size_t> rows;
    rows.reserve(count_);
    for (std::size_t row = 0; row < flags_->size(); ++row)
        if ((*flags_)[row])
            rows.push_back(row);
    return rows;
}

void RowSelection::select(const std::vector<std::size_t>& which, How how) {
    Flags flags = how == How::Replace ? Flags(rows(), 0) : *flags_;
    for (const std::size_t row : which)
        if (row < flags.size())
            flags[row] = how == How::Remove ? 0 : how == How::Toggle ? flags[row] ^ 1 : 1;
    adopt(std::move(flags));
}

void RowSelection::select(Flags which, How how) {
    if (which.size() != rows())
        throw Error(ErrorCode::Internal, "A selection of rows is not as long as its table.");
    if (how != How::Replace)
        for (std::size_t row = 0; row < which.size(); ++row) {
            const std::uint8_t before = (*flags_)[row], now = which[row] != 0;
            which[row] = static_cast<std::uint8_t>(how == How::Add      ? before | now
                                                   : how == How::Remove ? before & (now ^ 1)
                                                                        : before ^ now);
        }
    adopt(std::move(which));
}

void RowSelection::clear() {
    if (count_ > 0)
        adopt(Flags(rows(), 0));
}

void RowSelection::adopt(Flags flags) {
    if (flags == *flags_)
        return;
    count_ = flags.size() - static_cast<std::size_t>(std::count(flags.begin(), flags.end(), 0));
    flags_ = std::make_shared<const Flags>(std::move(flags));
    Q_EMIT changed();
}

RowSelection::How selection_how(Qt::KeyboardModifiers modifiers) {
    return modifiers & Qt::AltModifier     ? RowSelection::How::Remove
           : modifiers & Qt::ShiftModifier ? RowSelection::How::Add
                                           : RowSelection::How::Replace;
}

} // namespace eyepiece
