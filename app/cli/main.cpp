// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/verb.h"

#include <cstdio>
#include <unistd.h>

int main(int argc, char** argv) {
    eyepiece::cli::CommandLine command_line;
    eyepiece::cli::add_project_verbs(command_line);
    eyepiece::cli::add_review_verbs(command_line);
    eyepiece::cli::add_run_verbs(command_line);
    eyepiece::cli::add_model_verbs(command_line);
    eyepiece::cli::add_pixel_verbs(command_line);
    eyepiece::cli::add_object_verbs(command_line);
    eyepiece::cli::add_prompt_verbs(command_line);
    eyepiece::cli::add_explore_verbs(command_line);
    eyepiece::cli::add_exploration_verb(command_line);
    eyepiece::cli::add_estimator_verbs(command_line);
    eyepiece::cli::add_list_verbs(command_line);
    const int status = command_line.run(argc, argv);
    // Without the libraries' farewells: OpenBLAS waits there for threads of its own, which go round for ever
    // where memory is short, and LibTorch takes its time. All that is ours is closed, and the output was
    // written.
    std::fflush(nullptr);
    _exit(status);
}
