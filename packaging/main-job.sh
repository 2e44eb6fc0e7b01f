#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The main job without a window: images and label masks in; a trained, evaluated, explained, exported model out.
#   packaging/main-job.sh EYEPIECE_CLI FOLDER
set -euo pipefail
cli=$1
out=$2

step() {
    printf '\n-- %s\n   eyepiece-cli' "$1"
    shift
    printf ' %q' "$@"
    printf '\n'
    "$cli" --quiet "$@"
}

mkdir -p "$out"
project=$out/project
exported=$out/nuclei.pt
if [ ! -f "$project/project.eyepiece" ]; then
    step "Make a sample: images of nuclei with exact masks" sample --images-only "$out/data"
    step "Start a project" init "$project" --name "Sample nuclei"
    step "Import the images and their label masks" import "$project" "$out/data" --format masks
    step "Split them, whole groups to one side" split "$project"
fi
step "Train a U-Net; its settings are chosen from the data" train "$project" --task semantic-segmentation --model unet
run=$(ls "$project/runs" | sort | tail -n 1)
image=$(find "$out/data/images" -type f | sort | tail -n 1)
step "Score it on the images it never saw" evaluate "$project" --run "$run" --split test
step "Export it, checked against itself" export "$project:$run" --format torchscript --out "$exported"
step "Predict with the exported file alone" predict "$exported" "$image" --out "$out/prediction"
step "See what it looked at" explain "$project:$run" "$image" --method grad-cam --out "$out/explanation"

printf '\nMade in %s:\n' "$out"
(cd "$out" && du -sh -- *) | sed 's/^/  /'
