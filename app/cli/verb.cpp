// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/verb.h"

#include "core/base/nearest_name.h"
#include "core/base/version.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <poll.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace eyepiece::cli {
namespace {

volatile std::sig_atomic_t stop_requests = 0;
int stop_pipe[2] = {-1, -1};

// The first asks the operation to end in order; the second ends the process.
void on_stop_signal(int) {
    const int requests = stop_requests + 1;
    stop_requests = requests;
    if (requests >= 2)
        _exit(130);
    const int kept = errno;
    [[maybe_unused]] const ssize_t written = ::write(stop_pipe[1], "x", 1);
    errno = kept;
}

void install_signals() {
    if (pipe2(stop_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        stop_pipe[0] = stop_pipe[1] = -1; // without descriptors not much else will work either
    struct sigaction action {};
    action.sa_handler = on_stop_signal;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    // A reader that goes away (`... | head`) is noticed by write's result instead.
    std::signal(SIGPIPE, SIG_IGN);
    // A file-size limit (ulimit -f, as clusters set it) is an error like a full disk, not a death.
    std::signal(SIGXFSZ, SIG_IGN);
}

bool reader_has_gone() {
    pollfd output{STDOUT_FILENO, 0, 0};
    return poll(&output, 1, 0) == 1 && (output.revents & (POLLERR | POLLHUP)) != 0;
}

// Whoever closed a pipe early (`... | head -1`) has what it wanted: that is no failure. A full disk is one.
int finish_output(int status) {
    const bool failed = std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
    if (!failed || reader_has_gone())
        return status;
    std::fprintf(stderr, "Error: Standard output cannot be written. Is the disk full?\n");
    return status == 0 ? 1 : status;
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

int Terminal::stop_descriptor() const {
    return stop_pipe[0];
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
    char share[8] = "     ";
    if (percent >= 0)
        std::snprintf(share, sizeof share, "%3d %%", std::min(percent, 100));
    const auto now = std::chrono::steady_clock::now();
    if (interactive_) {
        if (stage == last_stage_ && now - last_drawn_ < std::chrono::milliseconds(100))
            return;
        std::fprintf(stderr, "\r\033[K%s  %.*s", share, static_cast<int>(stage.size()), stage.data());
        std::fflush(stderr);
        line_open_ = true;
    } else {
        // A log file: a line for each stage and each tenth.
        if (stage == last_stage_ && percent / 10 == last_percent_ / 10)
            return;
        std::fprintf(stderr, "%s  %.*s\n", share, static_cast<int>(stage.size()), stage.data());
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
    install_signals();
    try {
        app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) { // --help, --version
            app_.exit(error);
            return finish_output(0);
        }
        std::fprintf(stderr, "%s\nSee `eyepiece-cli --help`.\n", usage_error(error).c_str());
        return 2;
    }
    spdlog::set_default_logger(spdlog::stderr_color_mt("eyepiece"));
    spdlog::set_level(spdlog::level::warn);
    return finish_output(perform(chosen_));
}

// CLI11's sentence; or, for a misspelt verb or option, which it may have been.
std::string CommandLine::usage_error(const CLI::ParseError& error) const {
    const auto chosen = app_.get_subcommands();
    const std::vector<std::string> rest = app_.remaining(true);
    if (chosen.empty() && !rest.empty() && !rest.front().starts_with('-')) {
        std::vector<std::string> verbs;
        for (const CLI::App* one : app_.get_subcommands([](const CLI::App*) { return true; }))
            verbs.push_back(one->get_name());
        return "There is no verb \"" + rest.front() + "\"" + nearest_hint(rest.front(), verbs) + ".";
    }
    if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr)
        return error.what();
    for (const std::string& one : rest) {
        if (!one.starts_with('-'))
            continue;
        std::vector<std::string> options;
        const auto add_options = [&](const CLI::App& app) {
            for (const CLI::Option* option : app.get_options())
                for (const std::string& name : option->get_lnames())
                    options.push_back("--" + name);
        };
        if (!chosen.empty())
            add_options(*chosen.front());
        add_options(app_);
        const std::string name = one.substr(0, one.find('='));
        return "There is no option \"" + name + "\"" + nearest_hint(name, options) + ".";
    }
    return error.what();
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
