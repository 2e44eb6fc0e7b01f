// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/verb.h"

int main(int argc, char** argv) {
    eyepiece::cli::CommandLine command_line;
    eyepiece::cli::add_project_verbs(command_line);
    eyepiece::cli::add_run_verbs(command_line);
    eyepiece::cli::add_model_verbs(command_line);
    eyepiece::cli::add_list_verbs(command_line);
    return command_line.run(argc, argv);
}
