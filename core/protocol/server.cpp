// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/protocol/server.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <thread>
#include <unistd.h>

namespace eyepiece {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto progress_interval = std::chrono::milliseconds(50);
constexpr auto peer_check_interval = std::chrono::milliseconds(200);

// Whole messages from several threads onto one descriptor.
class Output {
public:
    explicit Output(int descriptor) : descriptor_(descriptor) {}

    void send(const Json& head, std::span<const std::byte> bytes = {}) {
        const std::string line = encode(head, bytes.size());
        const std::lock_guard lock(mutex_);
        write_all(line.data(), line.size());
        write_all(bytes.data(), bytes.size());
    }

    bool broken() const { return broken_; }

    // Notices a reader that has gone without writing to it.
    void look() {
        pollfd poll_descriptor{descriptor_, 0, 0};
        if (poll(&poll_descriptor, 1, 0) == 1 && (poll_descriptor.revents & (POLLERR | POLLNVAL)))
            broken_ = true;
    }

private:
    void write_all(const void* data, std::size_t size) {
        const char* position = static_cast<const char*>(data);
        while (size > 0 && !broken_) {
            const ssize_t written = ::write(descriptor_, position, size);
            if (written >= 0) {
                position += written;
                size -= static_cast<std::size_t>(written);
            } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
                // The descriptor's other owner made it non-blocking.
                pollfd poll_descriptor{descriptor_, POLLOUT, 0};
                poll(&poll_descriptor, 1, -1);
            } else if (errno != EINTR) {
                broken_ = true;
            }
        }
    }

    const int descriptor_;
    std::mutex mutex_;
    std::atomic<bool> broken_{false};
};

// One request under way: what the operation asks of and tells to the window.
class Request : public JobContext {
public:
    Request(Json id, std::string operation, Json spec, bool is_check, Output& output)
        : id(std::move(id))
        , operation(std::move(operation))
        , spec(std::move(spec))
        , is_check(is_check)
        , output_(output) {}

    bool cancelled() const noexcept override { return cancel_ || output_.broken(); }
    bool finish_early_requested() const noexcept override { return finish_; }
    bool pause_requested() const noexcept override { return pause_; }

    // Operations may report as often as they like; the window hears of it at most 20 times a second.
    void progress(double fraction, std::string_view stage) override {
        {
            const std::lock_guard lock(mutex_);
            const auto now = Clock::now();
            if (stage == last_stage_ && fraction < 1 && now - last_progress_ < progress_interval)
                return;
            last_progress_ = now;
            last_stage_ = stage;
        }
        output_.send({{"id", id}, {"progress", fraction}, {"stage", stage}});
    }
    void metric(std::string_view series, std::int64_t step, double value) override {
        output_.send({{"id", id}, {"metric", series}, {"step", step}, {"value", value}});
    }
    void partial(const Json& head, std::span<const std::byte> bytes) override {
        output_.send({{"id", id}, {"partial", head}}, bytes);
    }
    void warn(std::string_view message) override { output_.send({{"id", id}, {"warn", message}}); }

    void cancel() { cancel_ = true; }
    // False when there is no such control.
    bool control(const std::string& word) {
        if (word == "cancel")
            cancel_ = true;
        else if (word == "finish")
            finish_ = true;
        else if (word == "pause")
            pause_ = true;
        else if (word == "resume")
            pause_ = false;
        else
            return false;
        return true;
    }

    const Json id;
    const std::string operation;
    const Json spec;
    const bool is_check;

private:
    Output& output_;
    std::atomic<bool> cancel_{false}, finish_{false}, pause_{false};
    std::mutex mutex_;
    Clock::time_point last_progress_{};
    std::string last_stage_;
};

Json to_json(const OperationCheck& check) {
    return {{"summary", check.summary},
            {"seconds", check.seconds},
            {"warnings", check.warnings},
            {"errors", check.errors},
            {"plan", check.plan}};
}

} // namespace

class Server::Impl {
public:
    Impl(Engine& engine, int input, int output, int stop)
        : engine_(engine), input_(input), stop_(stop), output_(output) {}

    int run() {
        output_.send({{"hello", engine_.hello()}});
        std::thread runs([this] { work(run_queue_); });
        std::thread checks([this] { work(check_queue_); });
        const int status = read_all();
        wait_for_work(status != 0);
        runs.join();
        checks.join();
        return output_.broken() ? 1 : status;
    }

private:
    using Queue = std::deque<std::shared_ptr<Request>>;

    int read_all() {
        MessageReader reader;
        std::vector<char> block(std::size_t{1} << 16);
        try {
            while (wait_for_input()) {
                const ssize_t count = ::read(input_, block.data(), block.size());
                if (count < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
                    continue;
                if (count < 0)
                    throw Error(ErrorCode::Storage, "The engine's input cannot be read.");
                if (count == 0)
                    break;
                reader.feed({block.data(), static_cast<std::size_t>(count)});
                while (const auto message = reader.next())
                    accept(message->head);
            }
            if (!reader.idle() && !stopped())
                throw Error(ErrorCode::BadInput, "The engine's input ended in the middle of a message.");
        } catch (const Error& error) {
            spdlog::error("{} {}", error.what(), error.details());
            output_.send({{"id", nullptr}, {"error", error_to_json(error)}});
            return 1;
        }
        return 0;
    }

    // Waits until there is something to read, or its end. False: stop instead.
    bool wait_for_input() {
        std::array<pollfd, 2> both{
            {{input_, POLLIN, 0}, {stop_, POLLIN, 0}}}; // poll skips a descriptor of -1
        while (poll(both.data(), both.size(), -1) < 0 && errno == EINTR)
            ;
        return both[1].revents == 0;
    }

    bool stopped() const {
        pollfd one{stop_, POLLIN, 0};
        return stop_ >= 0 && poll(&one, 1, 0) == 1;
    }

    // A message that is JSON but makes no sense is answered; the stream is still sound.
    void accept(const Json& head) {
        const auto id = head.find("id");
        if (id == head.end() || !id->is_number_integer())
            return refuse(nullptr, "A request needs a whole number as its \"id\".");
        if (const auto control = head.find("control"); control != head.end()) {
            if (!control->is_string() || !this->control(*id, control->get<std::string>()))
                refuse(*id, "A control is one of cancel, finish, pause and resume.");
            return;
        }
        const auto operation = head.find("operation");
        if (operation == head.end() || !operation->is_string())
            return refuse(*id, "A request needs the name of an \"operation\".");
        const auto spec = head.find("spec");
        const auto check = head.find("check");
        const bool is_check = check != head.end() && *check == true;
        auto request =
            std::make_shared<Request>(*id, operation->get<std::string>(),
                                      spec == head.end() ? Json::object() : *spec, is_check, output_);
        {
            const std::lock_guard lock(mutex_);
            if (!under_way_.emplace(*id, request).second)
                request = nullptr;
            else
                (is_check ? check_queue_ : run_queue_).push_back(request);
        }
        if (!request)
            return refuse(*id, "A request with this id is still under way.");
        wake_.notify_all();
    }

    void refuse(const Json& id, const std::string& why) {
        output_.send({{"id", id}, {"error", error_to_json(Error(ErrorCode::BadInput, why))}});
    }

    // A control for a request that has just ended is no mistake: the two crossed in the pipe.
    bool control(const Json& id, const std::string& word) {
        const std::lock_guard lock(mutex_);
        const auto found = under_way_.find(id);
        if (found != under_way_.end())
            return found->second->control(word);
        return word == "cancel" || word == "finish" || word == "pause" || word == "resume";
    }

    void work(Queue& queue) {
        while (true) {
            std::shared_ptr<Request> request;
            {
                std::unique_lock lock(mutex_);
                wake_.wait(lock, [&] { return closing_ || !queue.empty(); });
                if (queue.empty())
                    return;
                request = queue.front();
                queue.pop_front();
            }
            perform(*request);
            {
                const std::lock_guard lock(mutex_);
                under_way_.erase(request->id);
            }
            wake_.notify_all();
        }
    }

    void perform(Request& request) {
        Json head{{"id", request.id}};
        std::vector<std::byte> bytes;
        try {
            request.throw_if_cancelled();
            if (request.is_check) {
                head["result"] = to_json(engine_.check(request.operation, request.spec, request));
            } else {
                OperationResult result = engine_.run(request.operation, request.spec, request);
                request.throw_if_cancelled();
                head["result"] = std::move(result.json);
                bytes = std::move(result.bytes);
            }
        } catch (const Error& error) {
            if (error.code() != ErrorCode::Cancelled)
                spdlog::error("{}: {} {}", request.operation, error.what(), error.details());
            head["error"] = error_to_json(error);
        } catch (const std::exception& error) {
            spdlog::error("{}: {}", request.operation, error.what());
            head["error"] =
                error_to_json(Error(ErrorCode::Internal, "The engine failed: " + std::string(error.what())));
        } catch (...) {
            head["error"] =
                error_to_json(Error(ErrorCode::Internal, "The engine failed for an unknown reason."));
        }
        output_.send(head, bytes);
    }

    // After the end of the input. `cancel` after garbage: nobody sensible is there to want the results. A
    // stop may come while it waits, too.
    void wait_for_work(bool cancel) {
        std::unique_lock lock(mutex_);
        closing_ = true;
        wake_.notify_all();
        while (!under_way_.empty()) {
            output_.look();
            if (cancel || output_.broken() || stopped())
                for (auto& [id, request] : under_way_)
                    request->cancel();
            wake_.wait_for(lock, peer_check_interval);
        }
    }

    Engine& engine_;
    const int input_, stop_;
    Output output_;
    std::mutex mutex_; // of all below
    std::condition_variable wake_;
    Queue run_queue_, check_queue_;
    std::map<Json, std::shared_ptr<Request>> under_way_;
    bool closing_ = false;
};

Server::Server(Engine& engine, int input, int output, int stop)
    : impl_(std::make_unique<Impl>(engine, input, output, stop)) {}
Server::~Server() = default;
int Server::run() {
    return impl_->run();
}

} // namespace eyepiece
