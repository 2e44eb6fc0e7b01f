// SPDX-License-Identifier: GPL-3.0-or-later
// The sample images as a project with one small, quickly trained network: what most verbs need to begin with.
#pragma once
#include "tests/project/fixture.h"
#include "tests/support/command.h"

namespace eyepiece::test {

// One thread: on a machine that is busy otherwise, several wait for one another far longer than they work.
inline const QStringList quick_training{"--set", "epochs=2",     "--set",     "patch-size=64",
                                        "--set", "depth=2",      "--set",     "base-width=8",
                                        "--set", "batch-size=4", "--threads", "1"};

// Below `folder`: data/images, data/masks, project with the run 1, and exported.pt.
class TrainedProject {
public:
    // Empty, or what went wrong.
    QByteArray make(const std::filesystem::path& folder) {
        data = text(folder / "data");
        project = text(folder / "project");
        exported = text(folder / "exported.pt");
        model = project + ":1";
        image = data + "/images/field_01.png";
        const QList<QStringList> steps{
            {"sample", data, "--images-only", "--seed", "4"},
            {"init", project, "--name", "Cells"},
            {"import", project, data, "--format", "masks", "--set", "class=nucleus"},
            {"split", project, "--train", "0.5", "--val", "0.25", "--test", "0.25", "--seed", "3"},
            QStringList{"train", project, "--seed", "7"} + quick_training,
            {"export", model, "--format", "torchscript", "--out", exported, "--threads", "1"},
        };
        for (const QStringList& step : steps)
            if (const Outcome outcome = cli(step); outcome.status != 0)
                return step.join(' ').toUtf8() + ": " + outcome.about();
        return {};
    }

    QString data, project, exported, model, image;
};

} // namespace eyepiece::test
