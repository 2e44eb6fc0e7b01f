#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Prints every figure, each beside its peer measured in the same run. Benchmarks are not tests: they judge nothing.
#   tests/benchmarks/run_all.sh [BUILD_FOLDER]       default: build/test, as packaging/test.sh makes it
set -uo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:-$root/build/test}
export EYEPIECE_BIN=$build/bin EYEPIECE_PLUGINS=$build/lib/eyepiece/plugins
export EYEPIECE_SHARED_DATA=${EYEPIECE_SHARED_DATA:-$root/../shared/data}
display=()
command -v xvfb-run > /dev/null && display=(xvfb-run -a -s "-screen 0 1920x1080x24")
for benchmark in "$build"/benchmarks/bench_*; do
    printf '\n=== %s\n' "$(basename "$benchmark")"
    "${display[@]}" "$benchmark" || echo "(exit status $?)"
done
