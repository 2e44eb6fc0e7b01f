// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/delimited_text.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace eyepiece {
namespace {

// What Windows-1252 has where Latin-1 has control signs; 0: nothing.
constexpr std::array<char16_t, 32> windows_signs{
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

void append_sign(std::string& text, char32_t sign) {
    if (sign < 0x80) {
        text += static_cast<char>(sign);
    } else if (sign < 0x800) {
        text += static_cast<char>(0xC0 | (sign >> 6));
        text += static_cast<char>(0x80 | (sign & 0x3F));
    } else if (sign < 0x10000) {
        text += static_cast<char>(0xE0 | (sign >> 12));
        text += static_cast<char>(0x80 | ((sign >> 6) & 0x3F));
        text += static_cast<char>(0x80 | (sign & 0x3F));
    } else {
        text += static_cast<char>(0xF0 | (sign >> 18));
        text += static_cast<char>(0x80 | ((sign >> 12) & 0x3F));
        text += static_cast<char>(0x80 | ((sign >> 6) & 0x3F));
        text += static_cast<char>(0x80 | (sign & 0x3F));
    }
}

// The length of the well-formed sign at `at`; 0: none; -1: it may go on past the end.
int sign_length(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    const unsigned char first = byte(0);
    if (first < 0x80)
        return 1;
    const int length = first >= 0xC2 && first <= 0xDF   ? 2
                       : (first & 0xF0) == 0xE0         ? 3
                       : first >= 0xF0 && first <= 0xF4 ? 4
                                                        : 0;
    if (length == 0)
        return 0;
    for (int i = 1; i < length; ++i) {
        if (at + static_cast<std::size_t>(i) >= text.size())
            return -1;
        const unsigned char next = byte(static_cast<std::size_t>(i));
        if ((next & 0xC0) != 0x80)
            return 0;
        // Overlong forms, surrogates, and what lies beyond Unicode.
        if (i == 1 && ((first == 0xE0 && next < 0xA0) || (first == 0xED && next > 0x9F) ||
                       (first == 0xF0 && next < 0x90) || (first == 0xF4 && next > 0x8F)))
            return 0;
    }
    return length;
}

// How much of the text, from its front, is well-formed. `rest`: only an unfinished sign is left.
std::size_t valid_length(std::string_view text, bool& rest) {
    rest = false;
    std::size_t at = 0;
    while (at < text.size()) {
        // Eight signs of ASCII at a time.
        std::uint64_t eight = 0;
        if (at + 8 <= text.size()) {
            std::memcpy(&eight, text.data() + at, 8);
            if ((eight & 0x8080808080808080ull) == 0) {
                at += 8;
                continue;
            }
        }
        const int length = sign_length(text, at);
        if (length <= 0) {
            rest = length < 0;
            return at;
        }
        at += static_cast<std::size_t>(length);
    }
    return at;
}

} // namespace

bool valid_utf8(std::string_view text) {
    bool rest = false;
    return valid_length(text, rest) == text.size();
}

FoundEncoding find_encoding(std::string_view head) {
    using namespace std::string_view_literals;
    if (head.starts_with("\xEF\xBB\xBF"sv))
        return {TextEncoding::Utf8, 3, true};
    if (head.starts_with("\xFF\xFE"sv))
        return {TextEncoding::Utf16Le, 2, true};
    if (head.starts_with("\xFE\xFF"sv))
        return {TextEncoding::Utf16Be, 2, true};
    // Latin letters in UTF-16 have a zero as every second byte.
    const std::size_t looked = std::min<std::size_t>(head.size(), 512) / 2 * 2;
    std::size_t even = 0, odd = 0;
    for (std::size_t i = 0; i < looked; ++i)
        if (head[i] == '\0')
            ++(i % 2 == 0 ? even : odd);
    if (looked >= 8 && odd * 2 > looked * 8 / 10 && even * 20 < looked)
        return {TextEncoding::Utf16Le, 0, false};
    if (looked >= 8 && even * 2 > looked * 8 / 10 && odd * 20 < looked)
        return {TextEncoding::Utf16Be, 0, false};
    bool rest = false;
    const std::size_t valid = valid_length(head, rest);
    if (valid == head.size() || rest)
        return {TextEncoding::Utf8, 0, false};
    return {TextEncoding::Latin1, 0, false};
}

std::string to_utf8(std::string_view bytes, TextEncoding encoding) {
    std::string text;
    text.reserve(bytes.size() + bytes.size() / 8);
    if (encoding == TextEncoding::Utf8)
        return std::string(bytes);
    if (encoding == TextEncoding::Latin1) {
        for (const char c : bytes) {
            const auto byte = static_cast<unsigned char>(c);
            const char32_t sign = byte >= 0x80 && byte < 0xA0 && windows_signs[byte - 0x80u]
                                      ? windows_signs[byte - 0x80u]
                                      : byte;
            append_sign(text, sign);
        }
        return text;
    }
    const std::size_t low = encoding == TextEncoding::Utf16Le ? 0 : 1;
    const auto unit = [&](std::size_t i) {
        return static_cast<char32_t>(static_cast<unsigned char>(bytes[i + low]) |
                                     static_cast<unsigned char>(bytes[i + 1 - low]) << 8);
    };
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
        char32_t sign = unit(i);
        if (sign >= 0xD800 && sign < 0xDC00 && i + 3 < bytes.size()) {
            const char32_t next = unit(i + 2);
            if (next >= 0xDC00 && next < 0xE000) {
                sign = 0x10000 + ((sign - 0xD800) << 10) + (next - 0xDC00);
                i += 2;
            }
        }
        append_sign(text, sign >= 0xD800 && sign < 0xE000 ? 0xFFFD : sign);
    }
    return text;
}

TextSource::TextSource(const std::filesystem::path& path, TextEncoding encoding, std::size_t mark)
    : source_(open_bytes(path)), encoding_(encoding) {
    std::string skipped(mark, '\0');
    if (mark > 0)
        source_->read_all(skipped, "its text");
}

bool TextSource::read(std::string& text, std::size_t count) {
    if (encoding_ == TextEncoding::Utf8) {
        // Straight into the caller's piece.
        const std::size_t before = text.size();
        text.append(rest_);
        const std::size_t start = text.size();
        text.resize(start + count);
        const std::size_t got = source_->read({text.data() + start, count});
        text.resize(start + got);
        rest_.clear();
        bool unfinished = false;
        const std::string_view fresh = std::string_view(text).substr(before);
        const std::size_t valid = valid_length(fresh, unfinished);
        if (valid < fresh.size()) {
            if (!unfinished || got == 0)
                throw NotUtf8();
            rest_ = fresh.substr(valid);
            text.resize(before + valid);
        }
        return got > 0;
    }
    std::string bytes = std::move(rest_);
    rest_.clear();
    const std::size_t start = bytes.size();
    bytes.resize(start + count);
    const std::size_t got = source_->read({bytes.data() + start, count});
    bytes.resize(start + got);
    if (encoding_ != TextEncoding::Latin1 && got > 0) {
        // Whole pairs only, and no half of a surrogate pair.
        std::size_t whole = bytes.size() / 2 * 2;
        const std::size_t high = encoding_ == TextEncoding::Utf16Le ? 1 : 0;
        if (whole >= 2 && (static_cast<unsigned char>(bytes[whole - 2 + high]) & 0xFC) == 0xD8)
            whole -= 2;
        rest_ = bytes.substr(whole);
        bytes.resize(whole);
    }
    text += to_utf8(bytes, encoding_);
    return got > 0;
}

} // namespace eyepiece
