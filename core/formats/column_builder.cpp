// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/column_builder.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace eyepiece {
namespace {

constexpr std::size_t most_words = 1 << 16; // a list of more is no list of categories
constexpr std::size_t most_categories = 1000;

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

// "TRUE", "True", "true": one word in lower case.
int boolean_of(std::string_view text) {
    const auto is = [&](std::string_view word) {
        return text.size() == word.size() && std::equal(text.begin(), text.end(), word.begin(),
                                                        [](char a, char b) { return (a | 0x20) == b; });
    };
    return is("true") ? 1 : is("false") ? 0 : -1;
}

// A whole number that 64 bits hold. "007" is none: it would lose its zeros, and is a name.
bool parse_whole(std::string_view text, std::int64_t& value) {
    if (text.starts_with('+'))
        text.remove_prefix(1);
    const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
    if (digits.empty() || (digits.size() > 1 && digits.front() == '0'))
        return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}

// Digits only, but no whole number of ours: a name ("007") or one too long to keep exactly.
bool is_digit_name(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string shortened(std::string_view text) {
    if (text.size() <= 40)
        return std::string(text);
    std::size_t end = 40; // not in the middle of a sign
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
        --end;
    return std::string(text.substr(0, end)) + "...";
}

const char* noun(ColumnType type) {
    switch (type) {
    case ColumnType::Real:
        return "a number";
    case ColumnType::Integer:
        return "a whole number";
    case ColumnType::Date:
        return "a date";
    case ColumnType::Boolean:
        return "true or false";
    default:
        return "text";
    }
}

} // namespace

MissingTexts::MissingTexts()
    : MissingTexts({"NA",   "N/A",  "n/a",  "na", "NaN",  "nan", "NAN",  "-nan",    "-NaN",    "null",
                    "NULL", "Null", "None", "?",  "#N/A", "#NA", "<NA>", "#VALUE!", "#DIV/0!", "NaT"}) {
    among_numbers_ = {"-", "--", "---", ".", "..", "*", "none", "missing", "n.a.", "NN"};
}

MissingTexts::MissingTexts(std::vector<std::string> texts) : always_(std::move(texts)) {
    for (const std::string& text : always_)
        if (!text.empty()) {
            first_[static_cast<unsigned char>(text.front())] = true;
            longest_ = std::max(longest_, text.size());
        }
}

bool MissingTexts::always(std::string_view text) const {
    if (text.empty())
        return true;
    if (text.size() > longest_ || !first_[static_cast<unsigned char>(text.front())])
        return false;
    return std::find(always_.begin(), always_.end(), text) != always_.end();
}

bool MissingTexts::among_numbers(std::string_view text) const {
    return std::find(among_numbers_.begin(), among_numbers_.end(), text) != among_numbers_.end();
}

bool parse_number(std::string_view text, char decimal, double& value) {
    text = trimmed(text);
    if (text.starts_with('+'))
        text.remove_prefix(1);
    std::array<char, 64> buffer{};
    if (decimal != '.') {
        const std::size_t comma = text.find(decimal);
        if (text.find('.') != std::string_view::npos || text.size() > buffer.size())
            return false;
        if (comma != std::string_view::npos) {
            std::copy(text.begin(), text.end(), buffer.begin());
            buffer[comma] = '.';
            text = {buffer.data(), text.size()};
        }
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size() || text.empty())
        return false;
    if (error == std::errc::result_out_of_range) // 1e-400 is 0, 1e400 is infinite
        value = std::strtod(std::string(text).c_str(), nullptr);
    else if (error != std::errc())
        return false;
    return true;
}

ColumnBuilder::ColumnBuilder(std::string name, const ColumnPlan& plan, const MissingTexts& missing,
                             char decimal, char quote, const std::filesystem::path& path)
    : name_(std::move(name))
    , plan_(plan)
    , missing_texts_(missing)
    , decimal_(decimal)
    , quote_(quote)
    , path_(path) {
    if (plan.type) {
        fixed_ = true;
        switch (*plan.type) {
        case ColumnType::Real:
            kind_ = Kind::Real;
            break;
        case ColumnType::Integer:
            kind_ = Kind::Integer;
            break;
        case ColumnType::Boolean:
            kind_ = Kind::Boolean;
            break;
        case ColumnType::Date:
            kind_ = Kind::Date;
            break;
        default:
            kind_ = Kind::Words;
        }
    }
    clear();
}

void ColumnBuilder::clear() {
    size_ = values_ = 0;
    absent_ = {};
    reals_ = {};
    whole_ = {};
    flags_ = {};
    codes_ = {};
    texts_ = {};
    words_.clear();
    listed_ = plan_.categories;
    for (std::size_t i = 0; i < listed_.size(); ++i)
        words_.emplace(listed_[i], static_cast<std::int32_t>(i));
    spilled_ = plan_.type == ColumnType::Text || plan_.as_written;
    soft_missing_ = false;
}

void ColumnBuilder::restart() {
    repeat_ = false;
    fixed_ = true;
    clear();
}

std::size_t ColumnBuilder::memory() const {
    return absent_.capacity() / 8 + reals_.capacity() * sizeof(double) +
           whole_.capacity() * sizeof(std::int64_t) + flags_.capacity() +
           codes_.capacity() * sizeof(std::int32_t) + texts_.bytes.capacity() +
           texts_.ends.capacity() * sizeof(std::uint64_t) + words_.size() * 100;
}

void ColumnBuilder::add_missing() {
    if (absent_.empty())
        absent_.assign(size_, false);
    absent_.push_back(true);
    ++size_;
    switch (kind_) {
    case Kind::Nothing:
        break; // made up for in start()
    case Kind::Boolean:
        flags_.push_back(0);
        break;
    case Kind::Integer:
    case Kind::Date:
        whole_.push_back(0);
        break;
    case Kind::Real:
        reals_.push_back(std::numeric_limits<double>::quiet_NaN());
        break;
    case Kind::Words:
        if (spilled_)
            texts_.push_back({});
        else
            codes_.push_back(-1);
        break;
    }
}

void ColumnBuilder::append_missing() {
    if (!repeat_)
        add_missing();
}

void ColumnBuilder::start(Kind kind) {
    kind_ = kind;
    switch (kind) {
    case Kind::Boolean:
        flags_.assign(size_, 0);
        break;
    case Kind::Integer:
    case Kind::Date:
        whole_.assign(size_, 0);
        break;
    case Kind::Real:
        reals_.assign(size_, std::numeric_limits<double>::quiet_NaN());
        break;
    case Kind::Words:
        if (spilled_)
            texts_.ends.assign(size_, 0);
        else
            codes_.assign(size_, -1);
        break;
    case Kind::Nothing:
        break;
    }
}

// One that reads two ways keeps both in mind as long as it can.
bool ColumnBuilder::parse(std::string_view text, std::int64_t& date) {
    if (order_) {
        if (const auto found = parse_date(text, *order_)) {
            date = *found;
            if (order_open_ && !parse_date(text, DateOrder::MonthFirst))
                order_open_ = false; // only the day can come first
            return true;
        }
        if (order_open_ && parse_date(text, DateOrder::MonthFirst)) {
            order_ = DateOrder::MonthFirst;
            order_open_ = false;
            repeat_ = true; // those before were read with the day first
            return true;
        }
        return false;
    }
    if (const auto found = parse_date(text)) {
        order_ = DateOrder::YearFirst;
        date = *found;
        return true;
    }
    if (plan_.date_order) {
        const auto found = parse_date(text, *plan_.date_order);
        if (!found)
            return false;
        order_ = plan_.date_order;
        date = *found;
        return true;
    }
    const auto day = parse_date(text, DateOrder::DayFirst), month = parse_date(text, DateOrder::MonthFirst);
    if (!day && !month)
        return false;
    const bool dots = text.find('.') < 3; // "1.3.2024" is written where the day comes first
    order_ = day ? DateOrder::DayFirst : DateOrder::MonthFirst;
    order_open_ = day && month && !dots;
    date = day ? *day : *month;
    return true;
}

bool ColumnBuilder::try_value(Kind kind, std::string_view text) {
    switch (kind) {
    case Kind::Boolean: {
        const int value = boolean_of(text);
        const bool number = plan_.type == ColumnType::Boolean && (text == "0" || text == "1");
        if (value < 0 && !number)
            return false;
        flags_.push_back(value == 1 || text == "1");
        return true;
    }
    case Kind::Integer: {
        std::int64_t value = 0;
        double number = 0;
        if (!parse_whole(text, value)) {
            // A demanded whole number may be written as "3.0" or "007".
            if (!plan_.type || !parse_number(text, decimal_, number) || number != std::floor(number) ||
                std::abs(number) > 9e15)
                return false;
            value = static_cast<std::int64_t>(number);
        }
        whole_.push_back(value);
        return true;
    }
    case Kind::Real: {
        double value = 0;
        if (!parse_number(text, decimal_, value))
            return false;
        reals_.push_back(value);
        return true;
    }
    case Kind::Date: {
        std::int64_t value = 0;
        if (!parse(text, value))
            return false;
        whole_.push_back(value);
        return true;
    }
    case Kind::Words:
        add_word(text);
        return true;
    case Kind::Nothing:
        break;
    }
    return false;
}

ColumnBuilder::Kind ColumnBuilder::kind_of(std::string_view text) const {
    std::int64_t whole = 0;
    double number = 0;
    if (parse_whole(text, whole))
        return Kind::Integer;
    if (is_digit_name(text))
        return Kind::Words;
    if (parse_number(text, decimal_, number))
        return Kind::Real;
    if (boolean_of(text) >= 0)
        return Kind::Boolean;
    for (const DateOrder order : {DateOrder::YearFirst, DateOrder::DayFirst, DateOrder::MonthFirst})
        if (parse_date(text, order))
            return Kind::Date;
    return Kind::Words;
}

void ColumnBuilder::add_word(std::string_view text) {
    if (!spilled_) {
        const auto known = words_.find(text);
        if (known != words_.end()) {
            codes_.push_back(known->second);
            return;
        }
        if (listed_.size() < most_words || plan_.type == ColumnType::Categorical) {
            const auto code = static_cast<std::int32_t>(listed_.size());
            words_.emplace(text, code);
            listed_.emplace_back(text);
            codes_.push_back(code);
            return;
        }
        spill();
    }
    texts_.push_back(text);
}

void ColumnBuilder::spill() {
    texts_.ends.reserve(codes_.size());
    for (const std::int32_t code : codes_)
        texts_.push_back(code < 0 ? std::string_view()
                                  : std::string_view(listed_[static_cast<std::size_t>(code)]));
    codes_ = {};
    words_.clear();
    listed_.clear();
    spilled_ = true;
}

// The value does not fit the type that the ones before had.
void ColumnBuilder::widen(std::string_view text, std::uint64_t line) {
    double number = 0;
    if (plan_.type)
        throw file_error(
            ErrorCode::BadInput, path_,
            "has \"" + shortened(text) + "\" in line " + std::to_string(line) + " of column \"" + name_ +
                "\", which is not " + noun(*plan_.type) +
                ": correct it, name it as a missing value (missing), or read the column as text (types).");
    if (kind_ == Kind::Integer && !is_digit_name(text) && parse_number(text, decimal_, number)) {
        reals_.assign(whole_.begin(), whole_.end());
        for (std::size_t i = 0; i < absent_.size(); ++i)
            if (absent_[i])
                reals_[i] = std::numeric_limits<double>::quiet_NaN();
        whole_ = {};
        kind_ = Kind::Real;
        reals_.push_back(number);
        return;
    }
    if ((kind_ == Kind::Integer || kind_ == Kind::Real) && !is_digit_name(text))
        warning_ = "The column \"" + name_ + "\" has \"" + shortened(text) + "\" in line " +
                   std::to_string(line) + " after " + std::to_string(values_) +
                   (values_ == 1 ? " number" : " numbers") +
                   ": it was read as text. Correct it, or name it as a missing value (missing).";
    kind_ = Kind::Words;
    repeat_ = true;
}

void ColumnBuilder::add(std::string_view text, bool quoted, std::uint64_t line) {
    if (kind_ != Kind::Words)
        text = trimmed(text);
    // The common case first: one more of the same.
    if (kind_ != Kind::Nothing && kind_ != Kind::Words && !text.empty() && try_value(kind_, text)) {
        if (kind_ == Kind::Real && std::isnan(reals_.back())) { // "nan" is a number to from_chars
            reals_.pop_back();
            add_missing();
            return;
        }
        if (!absent_.empty())
            absent_.push_back(false);
        ++size_;
        ++values_;
        return;
    }
    const std::string_view bare = trimmed(text);
    if (missing_texts_.always(bare)) {
        add_missing();
        return;
    }
    const bool words = kind_ == Kind::Words;
    if (!words && missing_texts_.among_numbers(bare)) {
        soft_missing_ = true;
        add_missing();
        return;
    }
    if (kind_ == Kind::Nothing) {
        // "1" in quotes is a number as well: many programs put quotes around everything.
        (void)quoted;
        const Kind kind = kind_of(bare);
        if (kind == Kind::Words && soft_missing_) {
            kind_ = Kind::Words;
            repeat_ = true;
            return;
        }
        start(kind);
        try_value(kind, bare);
    } else if (words) {
        add_word(bare);
    } else {
        widen(bare, line);
        if (repeat_)
            return;
    }
    if (!absent_.empty())
        absent_.push_back(false);
    ++size_;
    ++values_;
}

void ColumnBuilder::append(const Field* first, std::size_t stride, std::size_t rows,
                           const std::uint64_t* lines) {
    for (std::size_t row = 0; row < rows && !repeat_; ++row, first += stride) {
        if (first->doubled) {
            const std::string text = first->text(quote_);
            add(text, true, lines[row]);
        } else {
            add(first->raw(), first->quoted, lines[row]);
        }
    }
}

bool ColumnBuilder::end() {
    if (!repeat_ && kind_ == Kind::Date && order_open_ && !plan_.date_order) {
        warning_ =
            "The dates in column \"" + name_ +
            "\" can be read with the day or the month first: they were read as text. Say which (dates).";
        if (plan_.type)
            throw file_error(ErrorCode::BadInput, path_,
                             "has dates in column \"" + name_ +
                                 "\" that can be read with the day or the month first: say which (dates).");
        kind_ = Kind::Words;
        order_open_ = false;
        repeat_ = true;
    }
    return !repeat_;
}

Column ColumnBuilder::finish() {
    Column::Missing absent = std::move(absent_);
    switch (kind_) {
    case Kind::Boolean:
        return Column::booleans(name_, std::move(flags_), std::move(absent));
    case Kind::Date:
        return Column::dates(name_, std::move(whole_), std::move(absent));
    case Kind::Integer: {
        const auto [least, most] = std::minmax_element(whole_.begin(), whole_.end());
        const std::int64_t low = whole_.empty() ? 0 : *least, high = whole_.empty() ? 0 : *most;
        if (low >= 0 && high <= 255)
            return Column::integers(name_, std::vector<std::uint8_t>(whole_.begin(), whole_.end()),
                                    std::move(absent));
        if (low >= std::numeric_limits<std::int32_t>::min() &&
            high <= std::numeric_limits<std::int32_t>::max())
            return Column::integers(name_, std::vector<std::int32_t>(whole_.begin(), whole_.end()),
                                    std::move(absent));
        return Column::integers(name_, std::move(whole_), std::move(absent));
    }
    case Kind::Nothing: // no value at all: a column of numbers that are all missing
        return Column::reals(name_, std::vector<double>(size_, std::numeric_limits<double>::quiet_NaN()));
    case Kind::Real:
        reals_.shrink_to_fit();
        return Column::reals(name_, std::move(reals_));
    case Kind::Words:
        break;
    }
    const bool list = !spilled_ && (plan_.type == ColumnType::Categorical || !plan_.categories.empty() ||
                                    (listed_.size() <= most_categories && listed_.size() * 2 <= values_));
    if (list)
        return Column::categorical(name_, std::move(codes_), std::move(listed_));
    if (!spilled_)
        spill();
    return Column::text(name_, std::move(texts_), std::move(absent));
}

} // namespace eyepiece
