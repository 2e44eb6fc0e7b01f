// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/error.h"
#include "core/base/operation.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eyepiece {

// The pipe between the window and the engine, as a language server does it: one line of JSON, followed by as
// many raw bytes as its member "bytes" announces.
//
//   window -> engine   {"id": 7, "operation": "predict", "spec": {...}}      also "check": true for check()
//                      {"id": 7, "control": "cancel" | "finish" | "pause" | "resume"}
//                      Ids are whole numbers chosen by the window, unique among the requests under way.
//   engine -> window   {"hello": {"version", "api", "device", "threads", "precision", "plugins": [...]}} once
//                      {"id": 7, "progress": 0.4, "stage": "..."}
//                      {"id": 7, "metric": "train/loss", "step": 3, "value": 0.2}
//                      {"id": 7, "partial": {...}, "bytes": N}
//                      {"id": 7, "warn": "..."}
//                      {"id": 7, "result": {...}, "bytes": N}                 ends the request
//                      {"id": 7, "error": {"code", "message", "details"}}     ends the request
//                      {"id": null, "error": {...}}      of no request: what came in was not a message; the
//                      engine ends
//   The result of a check is {"summary", "seconds", "warnings", "errors", "plan"}.
struct Message {
    Json head;
    std::vector<std::byte> bytes;
};

// Refuses heads over 64 MiB and payloads over 8 GiB rather than believing a broken peer.
inline constexpr std::size_t max_head_bytes = std::size_t{64} << 20;
inline constexpr std::size_t max_payload_bytes = std::size_t{8} << 30;

EYEPIECE_EXPORT std::string encode(const Json& head, std::size_t payload_bytes); // the line, newline included

// Cuts a stream of bytes into messages. feed() what was read; next() gives whole messages in order.
// Throws Error(BadInput) on garbage: the stream cannot be trusted afterwards.
class EYEPIECE_EXPORT MessageReader {
public:
    void feed(std::string_view data);
    std::optional<Message> next();
    // True between messages: the stream may end here without losing half of one.
    bool idle() const { return !open_ && start_ == buffer_.size(); }

private:
    std::optional<Message> next_unguarded();

    std::string buffer_;
    std::size_t start_ = 0;   // of what is not yet used, in buffer_
    std::size_t scanned_ = 0; // of that, how much is known to hold no line end
    bool broken_ = false;
    std::optional<Message> open_; // its head is read, its bytes are not yet whole
    std::size_t expected_ = 0;
};

EYEPIECE_EXPORT Json error_to_json(const Error& error);
EYEPIECE_EXPORT Error error_from_json(const Json& json);

} // namespace eyepiece
