// SPDX-License-Identifier: GPL-3.0-or-later
// Speaks the protocol of core/protocol/message.h without an engine behind it, and misbehaves on demand.
//
//   fake-engine serve [MODE] [FILE]   MODE: silent (no hello), garbage-hello, exit, crash, once-crash FILE
//   (crashes
//                                     at start unless FILE exists, and makes it)
//   fake-engine run SPEC              behaves as a training: see train()
//
// Operations: echo, slow, big, crash, hang, garbage, memory, exit, error, progress, ignore-cancel, and
// whatever the file named by FAKE_ENGINE_ANSWERS says: {"train:check": {"result": {...}}, "list:tasks": ...,
// "predict": {"result": {...}, "bytes": [...]}, "explain": {"error": "..."}, "export": {"die": "marker file",
// "result": ...}}; with "ms" it takes that long. "partials": [{"head", "bytes", "ms"}, ...] come before the
// result, which comes early when it is asked to finish. Bytes also as {"values": [...], "type": "float32",
// "float64", "int32" or "uint8"}. What was asked is noted in the file beside it, ending in .log; with "gate"
// the answer waits until the file of that name is there, and takes it away.
#include "core/project/runs.h"
#include "core/protocol/message.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <mutex>
#include <set>
#include <thread>
#include <unistd.h>

using eyepiece::Json;
using namespace std::chrono_literals;

namespace {

std::mutex output_mutex, cancel_mutex;
std::set<std::uint64_t> cancelled_ids, finished_ids;

void say(const Json& head, const std::vector<std::byte>& bytes = {}) {
    const std::lock_guard lock(output_mutex);
    std::cout << eyepiece::encode(head, bytes.size());
    std::cout.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    std::cout.flush();
}

bool told(const std::set<std::uint64_t>& who, std::uint64_t id) {
    const std::lock_guard lock(cancel_mutex);
    return who.contains(id);
}

void fail(std::uint64_t id, const char* code, const std::string& message) {
    say({{"id", id}, {"error", {{"code", code}, {"message", message}, {"details", "all about it"}}}});
}

// Raw bytes described by {"fill": {"type": "float32" | "uint8" | "uint32", "count": N, "value": v}, ...}
// parts.
std::vector<std::byte> make_bytes(const Json& parts) {
    std::vector<std::byte> bytes;
    const auto append = [&](const auto& value) {
        const auto* raw = reinterpret_cast<const std::byte*>(&value);
        bytes.insert(bytes.end(), raw, raw + sizeof value);
    };
    for (const Json& part : parts) {
        if (const auto values = part.find("values"); values != part.end()) {
            for (const Json& value : *values)
                if (part.value("type", std::string()) == "int32")
                    append(value.get<std::int32_t>());
                else if (part.value("type", std::string()) == "float64")
                    append(value.get<double>());
                else if (part.value("type", std::string()) == "uint8")
                    append(value.get<std::uint8_t>());
                else
                    append(value.get<float>());
            continue;
        }
        const auto type = part.at("type").get<std::string>();
        const auto width = part.at("width").get<std::size_t>(), height = part.at("height").get<std::size_t>();
        const auto pattern = part.value("pattern", std::string("disc"));
        for (std::size_t y = 0; y < height; ++y)
            for (std::size_t x = 0; x < width; ++x) {
                const double dx = (static_cast<double>(x) + 0.5) / static_cast<double>(width) - 0.5;
                const double dy = (static_cast<double>(y) + 0.5) / static_cast<double>(height) - 0.5;
                const double r = dx * dx + dy * dy;
                const double value =
                    pattern == "disc" ? (r < 0.1 ? 1.0 : 0.0) : 1.0 - 2.0 * std::min(r * 4, 1.0);
                if (type == "float32")
                    append(static_cast<float>(value));
                else if (type == "uint32")
                    append(static_cast<std::uint32_t>(value));
                else
                    append(static_cast<std::uint8_t>(type == "rgb" ? 255 * value : value));
                if (type == "rgb") {
                    append(static_cast<std::uint8_t>(64));
                    append(static_cast<std::uint8_t>(128));
                }
            }
    }
    return bytes;
}

bool canned(std::uint64_t id, const std::string& operation, bool check, const Json& spec) {
    const char* file = std::getenv("FAKE_ENGINE_ANSWERS");
    if (!file)
        return false;
    const Json answers = Json::parse(std::ifstream(file));
    std::string key = check ? operation + ":check" : operation;
    if (operation == "list")
        key.append(":").append(spec.value("kind", std::string()));
    if (!answers.contains(key))
        return false;
    const Json& answer = answers[key];
    std::this_thread::sleep_for(std::chrono::milliseconds(answer.value("ms", 0)));
    // Dies of it: always, or until the file is there, which it makes.
    if (const auto marker = answer.find("die"); marker != answer.end()) {
        const auto file_of_marker = marker->is_string() ? marker->get<std::string>() : std::string();
        if (file_of_marker.empty() || !std::filesystem::exists(file_of_marker)) {
            if (!file_of_marker.empty())
                std::ofstream(file_of_marker) << "was here";
            std::raise(SIGKILL);
        }
    }
    std::ofstream(std::string(file) + ".log", std::ios::app)
        << Json{{"key", key}, {"spec", spec}}.dump() << '\n';
    // What comes of it comes only once the test has put this file there; it is taken away again.
    if (const auto gate = answer.find("gate"); gate != answer.end()) {
        const auto file_of_gate = gate->get<std::string>();
        while (!std::filesystem::remove(file_of_gate)) {
            if (told(cancelled_ids, id)) {
                fail(id, "cancelled", "Cancelled.");
                return true;
            }
            std::this_thread::sleep_for(2ms);
        }
    }
    const Json partials = answer.value("partials", Json::array());
    for (const Json& partial : partials) {
        say({{"id", id}, {"partial", partial.at("head")}}, make_bytes(partial.value("bytes", Json::array())));
        for (int waited = 0; waited < partial.value("ms", 0) && !told(finished_ids, id); waited += 5) {
            if (told(cancelled_ids, id)) {
                fail(id, "cancelled", "Cancelled.");
                return true;
            }
            std::this_thread::sleep_for(5ms);
        }
    }
    if (answer.contains("error"))
        fail(id, "bad-input", answer["error"].get<std::string>());
    else
        say({{"id", id}, {"result", answer.at("result")}}, make_bytes(answer.value("bytes", Json::array())));
    return true;
}

void answer(std::uint64_t id, const std::string& operation, bool check, const Json& spec) {
    const auto wait = [&](std::chrono::milliseconds time) {
        for (const auto until = std::chrono::steady_clock::now() + time;
             std::chrono::steady_clock::now() < until;) {
            if (told(cancelled_ids, id)) {
                fail(id, "cancelled", "Cancelled.");
                return false;
            }
            std::this_thread::sleep_for(2ms);
        }
        return true;
    };
    if (canned(id, operation, check, spec))
        return;
    if (operation == "echo" || operation == "device") {
        say({{"id", id}, {"result", {{"spec", spec}, {"check", check}, {"pid", getpid()}}}});
    } else if (operation == "slow") {
        if (wait(std::chrono::milliseconds(spec.value("ms", 300))))
            say({{"id", id}, {"result", {{"finished_early", told(finished_ids, id)}}}});
    } else if (operation == "quiet") { // works long without a word, yet lives
        std::this_thread::sleep_for(std::chrono::milliseconds(spec.value("ms", 300)));
        say({{"id", id}, {"result", Json::object()}});
    } else if (operation == "big") {
        std::vector<std::byte> bytes(spec.at("bytes").get<std::size_t>());
        for (std::size_t at = 0; at < bytes.size(); at += 4096)
            bytes[at] = static_cast<std::byte>(at / 4096);
        say({{"id", id}, {"result", {{"size", bytes.size()}}}}, bytes);
    } else if (operation == "crash") { // in the middle of a reply
        std::cout << eyepiece::encode({{"id", id}, {"result", Json::object()}}, 1000) << "half of it"
                  << std::flush;
        std::raise(SIGSEGV);
    } else if (operation == "killed") {
        std::raise(SIGKILL);
    } else if (operation == "hang") {
        std::raise(SIGSTOP);
    } else if (operation == "garbage") {
        std::cout << "{\"id\": 1, \xff\xfe not JSON at all\n" << std::flush;
        std::this_thread::sleep_for(60s);
    } else if (operation == "wrong-shape") {
        say({{"id", id}, {"progress", "much"}});
        std::this_thread::sleep_for(60s);
    } else if (operation == "memory") {
        std::cerr << "terminate called after throwing an instance of 'std::bad_alloc'" << std::endl;
        std::abort();
    } else if (operation == "exit") {
        std::cerr << "I have had enough" << std::endl;
        std::_Exit(3);
    } else if (operation == "error") {
        fail(id, "bad-input", "There is no image 7. Choose another.");
    } else if (operation == "progress") {
        const int count = spec.value("count", 10);
        for (int at = 0; at < count; ++at) {
            say({{"id", id}, {"progress", at / static_cast<double>(count)}, {"stage", std::to_string(at)}});
            say({{"id", id}, {"metric", "loss"}, {"step", at}, {"value", at == 0 ? Json() : Json(1.0 / at)}});
        }
        say({{"id", id}, {"warn", "One image is dark."}});
        say({{"id", id}, {"partial", {{"n", 3}}}}, {std::byte{1}, std::byte{2}, std::byte{3}});
        say({{"id", id}, {"result", {{"ok", true}}}});
    } else if (operation == "ignore-cancel") {
        std::this_thread::sleep_for(60s);
    } else {
        fail(id, "not-found", "There is no operation \"" + operation + "\".");
    }
}

int serve(const std::string& mode, const std::string& file) {
    if (mode == "silent")
        std::this_thread::sleep_for(60s);
    if (mode == "garbage-hello") {
        std::cout << "Last login: Monday\n" << std::flush;
        std::this_thread::sleep_for(60s);
    }
    if (mode == "exit") {
        std::cerr << "error while loading shared libraries: libtorch.so" << std::endl;
        return 127;
    }
    if (mode == "crash")
        std::raise(SIGSEGV);
    if (mode == "once-crash" && !std::filesystem::exists(file)) {
        std::ofstream(file) << "was here";
        std::raise(SIGSEGV);
    }
    say({{"hello",
          {{"version", "0"},
           {"api", 1},
           {"device", "cpu"},
           {"threads", 2},
           {"precision", "bfloat16"},
           {"plugins", Json::array()}}}});
    std::vector<std::jthread> threads;
    for (std::string line; std::getline(std::cin, line);) {
        const Json head = Json::parse(line, nullptr, false);
        if (!head.is_object())
            return 1;
        const auto id = head.at("id").get<std::uint64_t>();
        if (head.contains("control")) {
            const std::lock_guard lock(cancel_mutex);
            (head["control"] == "cancel" ? cancelled_ids : finished_ids).insert(id);
            continue;
        }
        threads.emplace_back([head, id] {
            answer(id, head.at("operation").get<std::string>(), head.value("check", false),
                   head.value("spec", Json::object()));
        });
    }
    std::_Exit(0);
}

// Writes a run's folder as a training does: {"fake": {"epochs", "ms" per epoch, "die_at"}} in the spec.
int run(const std::filesystem::path& spec_file) {
    const Json spec = Json::parse(std::ifstream(spec_file));
    const auto folder = spec_file.parent_path();
    const Json fake = spec.value("fake", Json::object());
    const int epochs = fake.value("epochs", 5),
              die_at = spec.value("resume", false) ? -1 : fake.value("die_at", -1);
    char host[256] = {};
    gethostname(host, sizeof host - 1);
    Json status = {{"state", "running"}, {"pid", getpid()}, {"host", host}, {"epochs", epochs}, {"epoch", 0}};
    const auto write_status = [&] { eyepiece::write_file_atomically(folder / "status.json", status.dump()); };
    const auto word = [&] {
        std::string text;
        std::ifstream(folder / "control") >> text;
        return text;
    };
    write_status();
    std::filesystem::create_directories(folder / "checkpoints");
    int first = 1;
    if (spec.value("resume", false))
        std::ifstream(folder / "checkpoints" / "last.pt") >> first;
    for (int epoch = first; epoch <= epochs; ++epoch) {
        for (int waited = 0; waited < fake.value("ms", 50); waited += 5) {
            std::this_thread::sleep_for(5ms);
            while (word() == "pause") {
                status["state"] = "paused";
                write_status();
                std::this_thread::sleep_for(10ms);
            }
            if (word() == "cancel" || word() == "finish") {
                status["state"] = word() == "cancel" ? "cancelled" : "stopped";
                status["reason"] = "You stopped it.";
                write_status();
                return 0;
            }
        }
        std::ofstream(folder / "metrics.jsonl", std::ios::app)
            << Json{{"series", "val/iou"}, {"step", epoch}, {"value", 1 - 1.0 / (epoch + 1)}}.dump() << '\n'
            << Json{{"series", "train/loss"}, {"step", epoch}, {"value", 1.0 / epoch}}.dump() << '\n';
        std::ofstream(folder / "checkpoints" / "last.pt") << epoch + 1;
        status["state"] = "running";
        status["epoch"] = epoch;
        status["fraction"] = static_cast<double>(epoch) / epochs;
        status["metric"] = 1 - 1.0 / (epoch + 1);
        write_status();
        if (epoch == die_at) {
            std::cerr << "the last words" << std::endl;
            std::raise(SIGKILL);
        }
    }
    status["state"] = "finished";
    status["reason"] = "All epochs were done.";
    write_status();
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const std::string verb = argc > 1 ? argv[1] : "";
    if (verb == "run" && argc > 2)
        return run(argv[2]);
    return serve(argc > 2 ? argv[2] : "", argc > 3 ? argv[3] : "");
}
