// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/protocol/message.h"

#include <algorithm>

namespace eyepiece {
namespace {

// A peer may announce gigabytes and send nothing: memory is taken as bytes arrive, beyond this first piece.
constexpr std::size_t first_reservation = std::size_t{64} << 20;

[[noreturn]] void refuse(const std::string& why, std::string_view line = {}) {
    throw Error(ErrorCode::BadInput,
                "The other side of the pipe sent something that is not a message: " + why + ".",
                std::string(line.substr(0, 200)));
}

std::size_t announced_bytes(const Json& head) {
    const auto found = head.find("bytes");
    if (found == head.end())
        return 0;
    if (!found->is_number_unsigned())
        refuse("\"bytes\" is not a count");
    const auto count = found->get<std::uint64_t>();
    if (count > max_payload_bytes)
        refuse("it announces " + std::to_string(count) + " bytes, more than is allowed");
    return static_cast<std::size_t>(count);
}

} // namespace

std::string encode(const Json& head, std::size_t payload_bytes) {
    Json line = head;
    if (payload_bytes > 0)
        line["bytes"] = payload_bytes;
    else
        line.erase("bytes");
    // File names and library messages need not be UTF-8; a reader must still get valid JSON.
    return line.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

void MessageReader::feed(std::string_view data) {
    if (start_ > 0 && start_ >= buffer_.size() / 2) {
        buffer_.erase(0, start_);
        start_ = 0;
    }
    buffer_.append(data);
}

std::optional<Message> MessageReader::next() {
    if (broken_)
        refuse("an earlier one was broken, and the stream cannot be trusted since");
    try {
        return next_unguarded();
    } catch (...) {
        broken_ = true;
        throw;
    }
}

std::optional<Message> MessageReader::next_unguarded() {
    if (!open_) {
        const std::string_view rest = std::string_view(buffer_).substr(start_);
        const std::size_t end = rest.find('\n', scanned_);
        if (std::min(end, rest.size()) > max_head_bytes)
            refuse("its head is longer than is allowed", rest);
        if (end == std::string_view::npos) {
            scanned_ = rest.size();
            return std::nullopt;
        }
        const std::string_view line = rest.substr(0, end);
        Message message;
        message.head = Json::parse(line, nullptr, false);
        if (message.head.is_discarded())
            refuse("its head is not JSON", line);
        if (!message.head.is_object())
            refuse("its head is not a JSON object", line);
        expected_ = announced_bytes(message.head);
        message.head.erase("bytes");
        message.bytes.reserve(std::min(expected_, first_reservation));
        open_ = std::move(message);
        start_ += end + 1;
        scanned_ = 0;
    }
    const std::size_t available = std::min(buffer_.size() - start_, expected_ - open_->bytes.size());
    const auto* from = reinterpret_cast<const std::byte*>(buffer_.data()) + start_;
    open_->bytes.insert(open_->bytes.end(), from, from + available);
    start_ += available;
    if (start_ == buffer_.size()) {
        buffer_.clear();
        start_ = 0;
    }
    if (open_->bytes.size() < expected_)
        return std::nullopt;
    std::optional<Message> whole = std::move(open_);
    open_.reset();
    return whole;
}

Json error_to_json(const Error& error) {
    return {{"code", to_string(error.code())}, {"message", error.what()}, {"details", error.details()}};
}

Error error_from_json(const Json& json) {
    const auto text = [&](const char* name) {
        const auto found = json.is_object() ? json.find(name) : json.end();
        return json.is_object() && found != json.end() && found->is_string() ? found->get<std::string>()
                                                                             : std::string();
    };
    const std::string message = text("message");
    return Error(error_code_from_string(text("code")),
                 message.empty() ? "The engine reported an error without a message." : message,
                 text("details"));
}

} // namespace eyepiece
