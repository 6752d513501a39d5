#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One fuzzer, from its corpus and what earlier runs found; says how far it came, or what it hit.
# usage: sh tests/fuzz/run.sh NAME SECONDS
set -eu
cd "$(dirname "$0")/../.."
name=$1
seeds=
[ ! -d "tests/fuzz/corpus/$name" ] || seeds=tests/fuzz/corpus/$name
mkdir -p "build/corpus/$name"
build/fuzz/tests/fuzz/"fuzz_$name" "-max_total_time=$2" -timeout=10 -rss_limit_mb=2048 \
    "-artifact_prefix=build/corpus/$name-" "build/corpus/$name" $seeds >"build/corpus/$name.log" 2>&1 || {
    tail -n 40 "build/corpus/$name.log"
    echo "fuzz $name: FAILED"
    exit 1
}
echo "fuzz $name: $(grep '^Done' "build/corpus/$name.log")"
