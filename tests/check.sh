#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every test, kind by kind; the last line counts kinds. `all` adds what takes longer.
set -u
cd "$(dirname "$0")/.."
what=${1:-}
jobs=$(nproc)
passed=0
failed=0
skipped=
started=$(date +%s)

step() { # NAME COMMAND...
    name=$1
    shift
    printf '\n== %s\n' "$name"
    from=$(date +%s)
    if "$@"; then
        passed=$((passed + 1))
        printf '== %s: ok (%s s)\n' "$name" $(($(date +%s) - from))
    else
        failed=$((failed + 1))
        skipped="$skipped
  $name"
        printf '== %s: FAILED\n' "$name"
    fi
}
make_() {
    make --no-print-directory -s -j "$jobs" "$@"
}

export FENQI_VECTORS="${FENQI_VECTORS:-../shared/vectors}"

step 'layers and tree' make_ lint
step 'format' make_ format-check
step 'build: release, gcc' make_ tests-build
step 'build: sanitizers, gcc' make_ FLAVOUR=asan tests-build
step 'units, with sanitizers' make_ FLAVOUR=asan unit
step 'the sandbox by itself' make_ sandbox-test
step 'scenarios, with sanitizers' make_ FLAVOUR=asan scenario
step 'simulated days' make_ sim SEEDS=300
step 'simulated days that found something' make_ sim-seeds
step 'death at 20 of its steps' make_ POINTS=20 crash
step "interop with the platform's SDK" sh tests/run-interop.sh build/release
step 'annual rates, by another calculation' sh tests/rates/run.sh build/release 20000
step 'the shop, in a browser' make_ browser FILES=tests/storefront/browser/happy.test.mjs
step 'the demo' sh tests/demo.sh build/release
step 'fuzzing, and clang' make_ fuzz
if [ "$what" = all ]; then
    step 'build: release, clang' make_ CC=clang B=build/clang tests-build
    step 'units, release' make_ unit
    step 'the shop, all of it, in a browser' make_ browser
    step 'annual rates, a million plans' sh tests/rates/run.sh build/release 1000000
    step 'units, with the thread sanitizer' sh tests/tsan.sh unit
    step 'scenarios, with the thread sanitizer' sh tests/tsan.sh scenario
    step 'gcc -fanalyzer' make_ analyze
    step 'clang-tidy' make_ tidy
    step 'cppcheck' make_ cppcheck
    step 'simulated days, more of them' make_ sim-nightly SEEDS=5000
    step 'planted bugs' make_ sim-mutants
    step 'zero downtime, five times over' env FENQI_DOWNTIME_ROUNDS=5 sh tests/run-scenarios.sh build/asan tests/scenario/zero-downtime.test.mjs
    step 'death at every step' make_ crash
    step 'hardship at 300 of its steps' make_ HARDSHIP=all POINTS=300 crash
    step 'fuzzing, longer' make_ FUZZ_SECONDS=60 fuzz
    step 'packages, in a Debian of their own' sh tests/packages.sh
    step 'a bare Debian 12' sh tests/bare.sh
fi

printf '\nin %s s%s\n' $(($(date +%s) - started)) "${skipped:+; failed:$skipped}"
printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
