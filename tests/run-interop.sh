#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the tests against the platform's own SDK (npm alipay-sdk) with the programs in BUILD_DIR.
#
#   sh tests/run-interop.sh BUILD_DIR [FILE...]
set -eu
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || {
    echo "usage: sh tests/run-interop.sh BUILD_DIR [FILE...]" >&2
    exit 2
}
FENQI_BUILD=$1
shift
[ $# -gt 0 ] || set -- tests/interop/*.test.mjs

for program in fenqid fenqi-sandbox adapters/huabei.so tests/interop/adapter_driver; do
    [ -f "$FENQI_BUILD/$program" ] || {
        echo "run-interop.sh: $FENQI_BUILD/$program is not built" >&2
        exit 2
    }
done
if [ -z "${FENQI_SLOWNESS:-}" ] && grep -q '__[at]san_init' "$FENQI_BUILD/fenqid"; then
    FENQI_SLOWNESS=4
fi
export FENQI_BUILD FENQI_SLOWNESS="${FENQI_SLOWNESS:-1}"

node=$(sh tests/node.sh)
exec "$node" --test --test-concurrency=2 --test-reporter=spec "$@"
