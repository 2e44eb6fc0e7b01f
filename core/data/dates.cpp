// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/dates.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace eyepiece {
namespace {

constexpr std::int64_t second = 1'000'000;

// Reads the text from its front, digit by digit.
class Cursor {
public:
    explicit Cursor(std::string_view text) : text_(text) {}
    bool done() const { return at_ == text_.size(); }
    char peek() const { return done() ? '\0' : text_[at_]; }
    bool skip(char c) {
        if (peek() != c)
            return false;
        ++at_;
        return true;
    }
    // From `least` to `most` digits; -1 when there are others.
    int digits(std::size_t least, std::size_t most) {
        int value = 0;
        std::size_t count = 0;
        while (count < most && peek() >= '0' && peek() <= '9') {
            value = value * 10 + (text_[at_++] - '0');
            ++count;
        }
        return count < least ? -1 : value;
    }

private:
    std::string_view text_;
    std::size_t at_ = 0;
};

// The time of day and the offset after a date, in microseconds; nothing when it is no time.
std::optional<std::int64_t> time_of_day(Cursor& cursor) {
    const int hour = cursor.digits(1, 2);
    if (hour < 0 || hour > 23 || !cursor.skip(':'))
        return std::nullopt;
    const int minute = cursor.digits(2, 2);
    if (minute < 0 || minute > 59)
        return std::nullopt;
    std::int64_t time = (hour * 60 + minute) * 60 * second;
    if (cursor.skip(':')) {
        const int seconds = cursor.digits(2, 2);
        if (seconds < 0 || seconds > 60)
            return std::nullopt;
        time += seconds * second;
        if (cursor.skip('.')) {
            std::int64_t unit = second / 10;
            bool any = false;
            for (int digit = 0; (digit = cursor.digits(1, 1)) >= 0; unit /= 10, any = true)
                time += digit * unit;
            if (!any)
                return std::nullopt;
        }
    }
    if (cursor.skip('Z') || cursor.skip('z') || cursor.done())
        return time;
    const char sign = cursor.peek();
    if (!cursor.skip('+') && !cursor.skip('-'))
        return std::nullopt;
    const int hours = cursor.digits(2, 2);
    cursor.skip(':');
    const int minutes = cursor.done() ? 0 : cursor.digits(2, 2);
    if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59)
        return std::nullopt;
    const std::int64_t offset = (hours * 60 + minutes) * 60 * second;
    return sign == '+' ? time - offset : time + offset;
}

} // namespace

std::optional<std::int64_t> parse_date(std::string_view text, DateOrder order) {
    Cursor cursor(text);
    int year = 0, month = 0, day = 0;
    if (order == DateOrder::YearFirst) {
        year = cursor.digits(4, 4);
        const char mark = cursor.peek();
        if (year < 0 || (mark != '-' && mark != '/') || !cursor.skip(mark))
            return std::nullopt;
        month = cursor.digits(1, 2);
        if (month < 0 || !cursor.skip(mark))
            return std::nullopt;
        day = cursor.digits(1, 2);
    } else {
        int& first = order == DateOrder::DayFirst ? day : month;
        int& other = order == DateOrder::DayFirst ? month : day;
        first = cursor.digits(1, 2);
        const char mark = cursor.peek();
        if (first < 0 || (mark != '.' && mark != '/' && mark != '-') || !cursor.skip(mark))
            return std::nullopt;
        other = cursor.digits(1, 2);
        if (other < 0 || !cursor.skip(mark))
            return std::nullopt;
        year = cursor.digits(4, 4);
        if (year < 0)
            return std::nullopt;
    }
    if (day < 1)
        return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok())
        return std::nullopt;
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    std::int64_t result = days * 86400 * second;
    if (cursor.done())
        return result;
    if (!cursor.skip('T') && !cursor.skip(' '))
        return std::nullopt;
    const auto time = time_of_day(cursor);
    if (!time || !cursor.done())
        return std::nullopt;
    return result + *time;
}

std::string format_date(std::int64_t microseconds) {
    const std::chrono::sys_time<std::chrono::microseconds> moment{std::chrono::microseconds(microseconds)};
    const auto midnight = std::chrono::floor<std::chrono::days>(moment);
    const std::chrono::year_month_day date(midnight);
    std::array<char, 64> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    std::string text = buffer.data();
    const std::int64_t time = (moment - midnight).count();
    if (time == 0)
        return text;
    const auto seconds = static_cast<int>(time / second);
    std::snprintf(buffer.data(), buffer.size(), " %02d:%02d:%02d", seconds / 3600, seconds / 60 % 60,
                  seconds % 60);
    text += buffer.data();
    if (const auto rest = static_cast<int>(time % second); rest != 0) {
        std::snprintf(buffer.data(), buffer.size(), ".%06d", rest);
        text += buffer.data();
        text.erase(text.find_last_not_of('0') + 1);
    }
    return text;
}

} // namespace eyepiece
