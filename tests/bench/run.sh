#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Measures a build; budgets are told, and kept only with --enforce. usage: sh tests/bench/run.sh BUILD [--enforce]
#
# BENCH_PAYMENTS (50000), BENCH_EVENTS (1000000), BENCH_RUNS (3): see tests/bench/bench.c. Ratios are worth something on a machine
# that does nothing else.
set -eu
build=${1:-build/release}
[ $# -eq 0 ] || shift
printf 'load %s on %s cores\n' "$(cut -d' ' -f1-3 /proc/loadavg)" "$(nproc)"
"$build/tests/bench/bench" "$build" build/bench.json "$@"
printf 'load %s\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
