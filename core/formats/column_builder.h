// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/dates.h"
#include "core/data/table.h"
#include "core/formats/delimited_text.h"

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace eyepiece {

// Which texts stand for a missing value. An empty field always does.
class MissingTexts {
public:
    // Automatic: NA, NaN, null, None, ?, #N/A and the like; and, among numbers only, "-", "." and "*".
    MissingTexts();
    explicit MissingTexts(std::vector<std::string> texts);

    bool always(std::string_view text) const;
    bool among_numbers(std::string_view text) const;

private:
    std::vector<std::string> always_, among_numbers_;
    std::array<bool, 256> first_{}; // signs with which one begins
    std::size_t longest_ = 0;
};

// How the fields of one column are to be taken.
struct ColumnPlan {
    std::optional<ColumnType> type;        // demanded; else found
    std::optional<DateOrder> date_order;   // demanded; else found
    std::vector<std::string> categories{}; // known beforehand, in this order; others are added behind
    bool as_written = false;               // text is Text, however often it repeats
};

// Reads number texts as tables have them: spaces around, a plus, a decimal comma, inf.
bool parse_number(std::string_view text, char decimal, double& value);

// Grows one column from pieces of split text and finds its type on the way: the narrowest of boolean, whole
// number, number and date that every value fits, else text, which becomes categories where few texts repeat.
// When a value does not fit what was taken for the type so far, the type is widened; where the texts that
// came before are gone by then, must_repeat() says that the file has to be read once more.
class ColumnBuilder {
public:
    ColumnBuilder(std::string name, const ColumnPlan& plan, const MissingTexts& missing, char decimal,
                  char quote, const std::filesystem::path& path);

    // Fields `first`, `first + stride`, ... of `rows` rows. Throws Error(BadInput) for a value that a
    // demanded type cannot hold.
    void append(const Field* first, std::size_t stride, std::size_t rows, const std::uint64_t* lines);
    void append_missing(); // a row that is too short

    const std::string& name() const { return name_; }
    std::size_t memory() const;
    bool must_repeat() const { return repeat_; }
    void restart(); // keeps what was learnt of the type
    bool end();     // of the text: false when the type found last needs another pass

    // What the user should know of: text among numbers, dates that can be read two ways. Empty: nothing.
    const std::string& warning() const { return warning_; }
    Column finish(); // leaves the builder empty

private:
    enum class Kind { Nothing, Boolean, Integer, Real, Date, Words };

    void add(std::string_view text, bool quoted, std::uint64_t line);
    bool try_value(Kind kind, std::string_view text);
    Kind kind_of(std::string_view text) const;
    void widen(std::string_view text, std::uint64_t line);
    void start(Kind kind); // makes up for the missing values before the first other one
    void add_word(std::string_view text);
    void spill(); // too many different words to keep a list of them
    void add_missing();
    void clear();
    bool parse(std::string_view text, std::int64_t& date);

    std::string name_;
    ColumnPlan plan_;
    const MissingTexts& missing_texts_;
    char decimal_, quote_;
    const std::filesystem::path& path_;

    Kind kind_ = Kind::Nothing;
    bool fixed_ = false;        // demanded, or learnt in an earlier pass
    bool repeat_ = false;       // values are no longer kept in this pass
    bool soft_missing_ = false; // "-" was taken as missing, which it is among numbers only
    std::string warning_;
    std::size_t size_ = 0, values_ = 0; // values: those not missing
    std::optional<DateOrder> order_;
    bool order_open_ = false; // the dates so far can be read both ways

    std::vector<bool> absent_; // as long as anything is missing, else empty
    std::vector<double> reals_;
    std::vector<std::int64_t> whole_;
    std::vector<std::uint8_t> flags_;
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
    };
    std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> words_;
    Column::Categories listed_;
    std::vector<std::int32_t> codes_;
    bool spilled_ = false;
    TextValues texts_;
};

} // namespace eyepiece
