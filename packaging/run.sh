#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what Eyepiece needs from Debian, builds it, and starts the window on a sample project.
# With no display it does the same main job without a window, says what it made and where, and ends.
#   packaging/run.sh [PROJECT]      a project of yours instead of the sample
source "$(dirname "$0")/common.sh"

install_packages build
build_preset release
bin=$root/build/release/bin

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    say "Starting the window"
    if [ $# -gt 0 ]; then exec "$bin/eyepiece" "$@"; fi
    exec "$bin/eyepiece" --sample
fi
exec "$root/packaging/main-job.sh" "$bin/eyepiece-cli" "${1:-$root/eyepiece-sample}"
