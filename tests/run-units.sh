#!/bin/sh
# Runs unit test programs one after the other; the last line counts programs.
# usage: FENQI_BUILD=build/release sh tests/run-units.sh PROGRAM...
set -u
passed=0
failed=0
for program in "$@"; do
    if "$program"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $program" >&2
    fi
done
echo "unit programs: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
