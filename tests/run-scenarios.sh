#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the scenario tests against the programs in BUILD_DIR; what is missing of Node comes from npm.
#
#   sh tests/run-scenarios.sh BUILD_DIR [FILE...]
#
# FENQI_SLOWNESS=N gives everything N times longer (sanitizer builds: found out by itself).
set -eu
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || {
    echo "usage: sh tests/run-scenarios.sh BUILD_DIR [FILE...]" >&2
    exit 2
}
FENQI_BUILD=$1
shift
[ $# -gt 0 ] || set -- tests/scenario/*.test.mjs

for program in fenqid fenqi-sandbox adapters/huabei.so adapters/bankcard.so; do
    [ -f "$FENQI_BUILD/$program" ] || {
        echo "run-scenarios.sh: $FENQI_BUILD/$program is not built" >&2
        exit 2
    }
done
if [ -z "${FENQI_SLOWNESS:-}" ] && grep -q '__[at]san_init' "$FENQI_BUILD/fenqid"; then
    FENQI_SLOWNESS=4
fi
export FENQI_BUILD FENQI_SLOWNESS="${FENQI_SLOWNESS:-1}"

mkdir -p "$FENQI_BUILD/tests/scenario"
for library in calendar stuck; do
    ${CC:-gcc} -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -shared -fPIC \
        "tests/scenario/harness/$library.c" -o "$FENQI_BUILD/tests/scenario/$library.so"
done

node=$(sh tests/node.sh)
# Node 20 chooses TAP where nobody watches; the spec reporter is for people either way.
exec "$node" --test --test-concurrency=2 --test-reporter=spec "$@"
