#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what is needed from Debian, builds everything with warnings as errors, and runs all tests;
# the window's tests run under Xvfb. Ends with ctest's own summary.
#   packaging/test.sh [ctest arguments...]
source "$(dirname "$0")/common.sh"

install_packages build test
build_preset headless
say "Without Qt: $("$root/build/headless/bin/eyepiece-cli" --version)"
# Only what we link ourselves counts: Debian's LibTorch brings OpenCV's highgui, and with it a Qt 5 of its own.
if readelf -d "$root/build/headless/bin/eyepiece-cli" "$root"/build/headless/lib/libeyepiece-*.so | grep 'NEEDED.*libQt'; then
    echo "The build without Qt links Qt." >&2
    exit 1
fi
build_preset test

say "Testing"
export QT_QPA_PLATFORM=xcb CTEST_OUTPUT_ON_FAILURE=1
exec xvfb-run -a -s "-screen 0 1920x1080x24" ctest --test-dir "$root/build/test" "$@"
