// SPDX-License-Identifier: GPL-3.0-or-later
// A process that edits a project until it is told otherwise, or dies:
//   project-editor strokes FOLDER        numbered strokes on the first item; "N\n" once stroke N is stored
//   project-editor points FOLDER         the same with points
//   project-editor full FOLDER BYTES     the same with no file allowed past BYTES; "error CODE MESSAGE" at
//   the end project-editor hold FOLDER           holds the editor's lock; "held\n", then waits for its input
//   to end project-editor runs FOLDER COUNT     makes that many runs
#include "core/project/project.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

using namespace eyepiece;

namespace {

void say(const std::string& line) {
    const std::string text = line + "\n";
    [[maybe_unused]] const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
}

// Stroke n: a square of object n + 1 at a place that n gives, over whatever is there.
void strokes(Project& project, int from, int to) {
    const ItemId item = project.items().all().front().id;
    const ClassId nucleus = project.classes().find_or_add("nucleus");
    for (int n = from; n < to; ++n) {
        LabelEdit edit;
        edit.item = item;
        edit.tool = "brush";
        edit.region = {(n * 37) % 900, (n * 53) % 900, 60, 60};
        edit.pixels = LabelMap(60, 60);
        for (ObjectId& id : edit.pixels.ids())
            id = static_cast<ObjectId>(n + 1);
        LabelObject object;
        object.id = static_cast<ObjectId>(n + 1);
        object.class_id = nucleus;
        edit.objects = {object};
        project.labels().commit(edit);
        say(std::to_string(n));
    }
}

// Point n of a numbered list of marks, each an edit by itself.
void points(Project& project) {
    const ItemId item = project.items().all().front().id;
    const ClassId cell = project.classes().find_or_add("cell");
    for (MarkId id = project.marks().next_id(item);; ++id) {
        Mark mark;
        mark.id = id;
        mark.class_id = cell;
        mark.points = {{{static_cast<double>(id), 5}, Visibility::Visible, -1}};
        project.marks().commit({item, "point", {mark}, {}});
        say(std::to_string(id - 1));
    }
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 3)
        return 2;
    const std::string mode = argv[1];
    try {
        if (mode == "strokes") {
            auto project = Project::open(argv[2], Project::Access::Editor);
            const int from =
                static_cast<int>(project->labels().next_object_id(project->items().all().front().id)) - 1;
            strokes(*project, from, 1'000'000);
        } else if (mode == "points") {
            points(*Project::open(argv[2], Project::Access::Editor));
        } else if (mode == "full" && argc == 4) {
            auto project = Project::open(argv[2], Project::Access::Editor);
            std::signal(SIGXFSZ, SIG_IGN);
            rlimit limit{};
            limit.rlim_cur = limit.rlim_max = static_cast<rlim_t>(std::atoll(argv[3]));
            if (::setrlimit(RLIMIT_FSIZE, &limit) != 0)
                return 3;
            strokes(*project, 0, 1'000'000);
        } else if (mode == "hold") {
            auto project = Project::open(argv[2], Project::Access::Editor);
            say("held");
            char byte = 0;
            while (::read(STDIN_FILENO, &byte, 1) > 0) {
            }
        } else if (mode == "runs" && argc == 4) {
            auto project = Project::open(argv[2], Project::Access::Shared);
            for (int i = 0; i < std::atoi(argv[3]); ++i)
                say(project->runs()
                        .create({{"task", "semantic-segmentation"}, {"pid", ::getpid()}}, "unet")
                        .id);
        } else {
            return 2;
        }
    } catch (const Error& error) {
        say("error " + std::string(to_string(error.code())) + " " + error.what());
        return 1;
    }
    return 0;
}
