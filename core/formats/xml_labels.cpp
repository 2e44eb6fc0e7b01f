// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/xml_labels.h"
#include "core/formats/byte_source.h"
#include "core/formats/file_errors.h"
#include "core/formats/outline_labels.h"

#include <charconv>
#include <cmath>
#include <sstream>

namespace eyepiece {
namespace {

constexpr std::string_view blank = " \t\r\n";

} // namespace

std::string xml_root(const std::filesystem::path& path) {
    std::string head;
    try {
        head = read_head(path, 1 << 12);
    } catch (const Error&) {
        return {}; // whoever reads it says why
    }
    std::string_view rest = head;
    if (rest.starts_with("\xef\xbb\xbf"))
        rest.remove_prefix(3);
    while (true) {
        const auto start = rest.find_first_not_of(blank);
        if (start == std::string_view::npos || rest[start] != '<')
            return {};
        rest.remove_prefix(start + 1);
        if (!rest.starts_with('?') && !rest.starts_with('!'))
            return std::string(rest.substr(0, rest.find_first_of(" \t\r\n/>")));
        const std::string_view ending = rest.starts_with("!--") ? "-->" : ">";
        const auto end = rest.find(ending);
        if (end == std::string_view::npos)
            return {};
        rest.remove_prefix(end + ending.size());
    }
}

void load_xml(pugi::xml_document& document, const std::filesystem::path& path, std::string_view root) {
    readable_size(path);
    const pugi::xml_parse_result result = document.load_file(path.c_str());
    if (!result)
        throw file_error(ErrorCode::BadInput, path, "is damaged or truncated XML. Copy or export it again.",
                         std::string(result.description()) + " at byte " + std::to_string(result.offset));
    if (root != document.document_element().name())
        throw file_error(ErrorCode::BadInput, path,
                         std::string("holds <") + document.document_element().name() + ">, not <" +
                             std::string(root) + ">.");
}

double number_of(std::string_view text, const char* name) {
    const auto start = text.find_first_not_of(blank);
    double value = 0;
    if (start != std::string_view::npos) {
        text = text.substr(start, text.find_last_not_of(blank) + 1 - start);
        if (text.starts_with('+'))
            text.remove_prefix(1);
        const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (problem == std::errc() && end == text.data() + text.size()) {
            if (std::abs(value) <= farthest_point)
                return value;
            throw Error(ErrorCode::BadInput,
                        std::string("has a number \"") + name + "\" that lies beyond any image");
        }
    }
    throw Error(ErrorCode::BadInput, std::string("has no number \"") + name + "\"");
}

std::string xml_text(const pugi::xml_document& document) {
    std::ostringstream text;
    document.save(text, "  ", pugi::format_default, pugi::encoding_utf8);
    return text.str();
}

} // namespace eyepiece
