#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Kills fenqid at every step of a day, and compares; see README.md.
#
#   sh tests/crash/run.sh BUILD_DIR        POINTS=N SEED=K | POINT='...' | HARDSHIP='...' | PLANTED=1   JOBS=2
#
# FENQI_CRASH=skip where processes may not be traced.
set -eu
cd "$(dirname "$0")/../.."
[ $# -eq 1 ] || {
    echo "usage: sh tests/crash/run.sh BUILD_DIR" >&2
    exit 2
}
FENQI_BUILD=$1
export FENQI_BUILD
if [ "${FENQI_CRASH:-}" = skip ]; then
    echo "crash: SKIPPED, as FENQI_CRASH=skip says: nothing was killed, nothing is shown"
    exit 0
fi
for program in strace sqlite3; do
    command -v "$program" >/dev/null || {
        echo "crash: $program is missing: sh tests/install.sh check" >&2
        exit 1
    }
done
node=$(sh tests/node.sh)
set --
[ -z "${POINTS:-}" ] || set -- "$@" --points "$POINTS"
[ -z "${POINT:-}" ] || set -- "$@" --point "$POINT"
[ -z "${HARDSHIP:-}" ] || set -- "$@" --hardship "$HARDSHIP"
[ -z "${PLANTED:-}" ] || set -- "$@" --planted
[ -z "${SEED:-}" ] || set -- "$@" --seed "$SEED"
exec "$node" tests/crash/crash.mjs --jobs "${JOBS:-2}" "$@"
