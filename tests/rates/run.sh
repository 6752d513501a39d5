#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compares the daemon's annual rates of COUNT random plans with a calculation that is not ours: 20,000 take a
# second, a million half a minute.
#
#   sh tests/rates/run.sh BUILD_DIR COUNT [SEED]
set -eu
cd "$(dirname "$0")/../.."
[ $# -ge 2 ] || {
    echo "usage: sh tests/rates/run.sh BUILD_DIR COUNT [SEED]" >&2
    exit 2
}
plans=$1/tests/rates/plans
shift
[ -x "$plans" ] || {
    echo "run.sh: $plans is not built" >&2
    exit 2
}
node=$(sh tests/node.sh)
"$plans" "$@" | "$node" tests/rates/check.mjs
