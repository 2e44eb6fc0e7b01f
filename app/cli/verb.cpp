// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/verb.h"

#include "core/base/version.h"

#include <csignal>
#include <cstdio>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace eyepiece::cli {
namespace {

volatile std::sig_atomic_t stop_requests = 0;

// The first asks the operation to end in order; the second ends the process.
void on_stop_signal(int) {
    const int requests = stop_requests + 1;
    stop_requests = requests;
    if (requests >= 2)
        _exit(130);
}

void install_signals() {
    struct sigaction action {};
    action.sa_handler = on_stop_signal;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    // A reader that goes away (`... | head`) is noticed by write's result instead.
    std::signal(SIGPIPE, SIG_IGN);
}

} // namespace

Json CommonOptions::spec() const {
    Json json{{"device", device}, {"threads", threads}};
    if (seed)
        json["seed"] = *seed;
    return json;
}

Terminal::Terminal(const CommonOptions& options)
    : options_(options), interactive_(isatty(STDERR_FILENO) == 1) {}

Terminal::~Terminal() {
    clear_progress();
}

bool Terminal::cancelled() const noexcept {
    return stop_requests > 0;
}

void Terminal::say(const std::string& line) {
    const std::lock_guard lock(mutex_);
    clear_progress();
    if (!options_.json && !options_.quiet)
        std::printf("%s\n", line.c_str());
}

void Terminal::answer(const Json& result) {
    const std::lock_guard lock(mutex_);
    clear_progress();
    if (options_.json)
        std::printf("%s\n", result.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
}

void Terminal::progress(double fraction, std::string_view stage) {
    if (options_.quiet)
        return;
    const std::lock_guard lock(mutex_);
    const int percent = fraction < 0 ? -1 : static_cast<int>(fraction * 100 + 0.5);
    const auto now = std::chrono::steady_clock::now();
    if (interactive_) {
        if (stage == last_stage_ && now - last_drawn_ < std::chrono::milliseconds(100))
            return;
        std::fprintf(stderr, "\r\033[K%3d %%  %.*s", std::max(percent, 0), static_cast<int>(stage.size()),
                     stage.data());
        std::fflush(stderr);
        line_open_ = true;
    } else {
        // A log file: a line for each stage and each tenth.
        if (stage == last_stage_ && percent / 10 == last_percent_ / 10)
            return;
        std::fprintf(stderr, "%3d %%  %.*s\n", std::max(percent, 0), static_cast<int>(stage.size()),
                     stage.data());
    }
    last_stage_ = stage;
    last_percent_ = percent;
    last_drawn_ = now;
}

// The curves are for the window; here one follows the numbers that are reached on held-out images.
void Terminal::metric(std::string_view series, std::int64_t step, double value) {
    if (options_.quiet || !series.starts_with("val"))
        return;
    const std::lock_guard lock(mutex_);
    clear_progress();
    std::fprintf(stderr, "%6lld  %.*s %.4f\n", static_cast<long long>(step), static_cast<int>(series.size()),
                 series.data(), value);
}

void Terminal::warn(std::string_view message) {
    const std::lock_guard lock(mutex_);
    clear_progress();
    std::fprintf(stderr, "Warning: %.*s\n", static_cast<int>(message.size()), message.data());
}

void Terminal::clear_progress() {
    if (line_open_)
        std::fputs("\r\033[K", stderr);
    line_open_ = false;
}

CommandLine::CommandLine()
    : app_("Eyepiece: from raw data to a trained, understood, exported model.", "eyepiece-cli") {
    app_.set_version_flag("--version", "eyepiece-cli " EYEPIECE_VERSION);
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.add_flag("--json", common_.json,
                  "Print the result as one JSON object, the last line of standard output");
    app_.add_flag("--quiet", common_.quiet, "No progress and no text, only warnings and errors");
    app_.add_option("--seed", common_.seed, "Seed of everything that is drawn at random");
    app_.add_option("--device", common_.device, "What computes")
        ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
        ->capture_default_str();
    app_.add_option("--threads", common_.threads, "Threads of the processor; 0: all cores")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    app_.footer(
        "Exit status: 0 done, 1 failed (the reason is on standard error), 2 wrong usage, 130 cancelled.\n"
        "`eyepiece-cli help VERB` explains a verb, with an example.");

    auto verb = std::make_shared<std::string>();
    CLI::App* help = app_.add_subcommand("help", "Explain a verb");
    help->add_option("verb", *verb, "The verb to explain");
    help->callback([this, verb] {
        chosen_ = [this, verb](Terminal&) {
            const auto verbs =
                app_.get_subcommands([&](const CLI::App* one) { return one->get_name() == *verb; });
            const CLI::App* about = verb->empty() ? &app_ : verbs.empty() ? nullptr : verbs.front();
            if (!about)
                throw UsageError("There is no verb \"" + *verb + "\". `eyepiece-cli --help` lists them.");
            std::fputs(about->help().c_str(), stdout);
        };
    });
}

CLI::App& CommandLine::add(const std::string& name, const std::string& help, const std::string& examples,
                           Action action) {
    CLI::App* command = app_.add_subcommand(name, help);
    command->fallthrough();
    std::string footer = "Example:";
    std::istringstream lines(examples);
    for (std::string line; std::getline(lines, line);)
        footer += "\n  " + line;
    command->footer(footer +
                    "\n\nOf every verb: --json, --quiet, --seed N, --device auto|cpu|cuda, --threads N.");
    command->callback([this, action = std::move(action)] { chosen_ = action; });
    return *command;
}

int CommandLine::run(int argc, char** argv) {
    try {
        app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) { // --help, --version
            app_.exit(error);
            return 0;
        }
        // CLI11 would only say that a subcommand is missing.
        const std::vector<std::string> rest = app_.remaining();
        const bool unknown_verb = app_.get_subcommands().empty() && !rest.empty();
        const std::string why = unknown_verb ? "There is no verb \"" + rest.front() + "\"." : error.what();
        std::fprintf(stderr, "%s\nSee `eyepiece-cli --help`.\n", why.c_str());
        return 2;
    }
    install_signals();
    spdlog::set_default_logger(spdlog::stderr_color_mt("eyepiece"));
    spdlog::set_level(spdlog::level::warn);
    int status = perform(chosen_);
    if (std::fflush(stdout) != 0 && status == 0)
        status = 1; // the disk behind a redirection is full, or the reader of a pipe has gone
    return status;
}

int CommandLine::perform(const Action& action) {
    Terminal terminal(common_);
    try {
        action(terminal);
        return 0;
    } catch (const UsageError& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    } catch (const Error& error) {
        if (error.code() == ErrorCode::Cancelled) {
            std::fprintf(stderr, "Cancelled.\n");
            return 130;
        }
        std::fprintf(stderr, "Error: %s\n", error.what());
    } catch (const std::bad_alloc&) {
        std::fprintf(stderr, "Error: There is not enough memory. Close other programs and try again.\n");
    } catch (const std::exception& error) {
        std::fprintf(stderr, "Error: %s\n", error.what());
    }
    return 1;
}

} // namespace eyepiece::cli
