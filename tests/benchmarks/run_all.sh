#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs every benchmark of a build folder and prints what it says: tests/benchmarks/run_all.sh [BUILD]   (default: build/test, which packaging/test.sh makes)
set -u
here=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:-$here/build/test}
export QT_QPA_PLATFORM=${QT_QPA_PLATFORM:-offscreen}
export EYEPIECE_PLUGINS=${EYEPIECE_PLUGINS:-$build/lib/eyepiece/plugins}
export EYEPIECE_SHARED_DATA=${EYEPIECE_SHARED_DATA:-$here/../shared/data}
status=0
for benchmark in "$build"/benchmarks/bench_*; do
  [ -x "$benchmark" ] || continue
  echo "== $(basename "$benchmark")"
  "$benchmark" || status=1
done
# Labelling under fault: killed, on a full disk, and with the network drive gone, a thousand times each.
for faults in test_survival test_killed_labelling; do
  echo "== $faults, ${EYEPIECE_ROUNDS:-1000} rounds"
  QTEST_FUNCTION_TIMEOUT=7200000 EYEPIECE_ROUNDS=${EYEPIECE_ROUNDS:-1000} "$build/tests/$faults" || status=1
done
exit $status
