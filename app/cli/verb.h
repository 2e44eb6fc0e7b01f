// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace eyepiece::cli {

// Options that every verb understands, before or after the verb's name.
struct CommonOptions {
    bool json = false;
    bool quiet = false;
    std::optional<std::uint64_t> seed;
    std::string device = "auto";
    int threads = 0;

    // The members that every spec has: device, threads, and the seed when it was given.
    Json spec() const;
};

// Wrong usage found while a verb runs (CLI11 finds most before): exit status 2.
class UsageError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// Where a verb reports to. The answer goes to standard output: text for people, or with --json one object as
// the last line. Progress, warnings and errors go to standard error; --quiet silences progress and text,
// never warnings. cancelled() after SIGINT or SIGTERM. Members may be called from any thread.
class Terminal : public JobContext {
public:
    explicit Terminal(const CommonOptions& options);
    ~Terminal() override;

    const CommonOptions& options() const { return options_; }
    void say(const std::string& line); // text for people; not shown with --json or --quiet
    void answer(const Json& result);   // with --json: the result, once, at the end

    bool cancelled() const noexcept override;
    int stop_descriptor() const; // becomes readable when cancelled() becomes true, for who waits in poll()
    bool finish_early_requested() const noexcept override { return false; }
    void progress(double fraction, std::string_view stage) override;
    void metric(std::string_view series, std::int64_t step, double value) override;
    void partial(const Json&, std::span<const std::byte>) override {}
    void warn(std::string_view message) override;

private:
    void clear_progress();

    const CommonOptions& options_;
    const bool interactive_; // standard error is a terminal: progress is one line that is redrawn
    std::mutex mutex_;
    bool line_open_ = false;
    std::string last_stage_;
    int last_percent_ = -1;
    std::chrono::steady_clock::time_point last_drawn_{};
};

// The program's verbs. Each file of verbs has one function that adds its own.
class CommandLine {
public:
    CommandLine();

    // What the verb does once its options are read. Throws Error (exit status 1, or 130 when cancelled) or
    // UsageError (2).
    using Action = std::function<void(Terminal&)>;

    // Adds a verb; the caller adds its options to the returned command and hands in what they are bound to by
    // the action's captures (a shared_ptr to a struct). `examples` are whole command lines, one a line.
    CLI::App& add(const std::string& name, const std::string& help, const std::string& examples,
                  Action action);

    CommonOptions& common() { return common_; }
    int run(int argc, char** argv); // the exit status

private:
    int perform(const Action& action);
    std::string usage_error(const CLI::ParseError& error) const;

    CLI::App app_;
    CommonOptions common_;
    Action chosen_;
};

void add_project_verbs(CommandLine& command_line);    // init, import, info, split, labels, sample
void add_review_verbs(CommandLine& command_line);     // review
void add_list_verbs(CommandLine& command_line);       // list, serve
void add_run_verbs(CommandLine& command_line);        // train, evaluate, run
void add_model_verbs(CommandLine& command_line);      // predict, explain, export
void add_pixel_verbs(CommandLine& command_line);      // learn, classify
void add_object_verbs(CommandLine& command_line);     // sort
void add_prompt_verbs(CommandLine& command_line);     // segment-object, segment-everything, learn-objects
void add_explore_verbs(CommandLine& command_line);    // tabulate, embed, cluster
void add_exploration_verb(CommandLine& command_line); // explore
void add_estimator_verbs(CommandLine& command_line);  // fit, apply, check

// `check` of a project: looks for damage.
void check_project(Terminal& terminal, const std::string& folder);

// `info --statistics` of a project.
void statistics_of_labels(Terminal& terminal, const std::string& folder);

// `info` of a table, and the kinds of `list` that need no engine; false: the kind is another.
void info_of_table(Terminal& terminal, const std::string& path, const std::string& format,
                   const std::vector<std::string>& set, bool statistics);
void print_parameters(Terminal& terminal, const Json& parameters);
bool list_tables(Terminal& terminal, const std::string& kind);

} // namespace eyepiece::cli
