#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The demo shop, and its tests in a real browser, against the programs in BUILD_DIR.
#
#   sh tests/storefront/run.sh shop BUILD_DIR               # until Ctrl-C
#   sh tests/storefront/run.sh browser BUILD_DIR [FILE...]  # all tests, or these
#
# FENQI_SLOWNESS=N gives everything N times longer; FENQI_CHROMIUM is another browser than /usr/bin/chromium.
set -eu
cd "$(dirname "$0")/../.."
[ $# -ge 2 ] || {
    echo "usage: sh tests/storefront/run.sh shop|browser BUILD_DIR [FILE...]" >&2
    exit 2
}
what=$1
FENQI_BUILD=$2
export FENQI_BUILD
shift 2
for program in fenqid fenqi-sandbox adapters/huabei.so adapters/bankcard.so tests/scenario/calendar.so; do
    [ -f "$FENQI_BUILD/$program" ] || {
        echo "tests/storefront/run.sh: $FENQI_BUILD/$program is not built" >&2
        exit 2
    }
done
node=$(sh tests/node.sh)
[ "$what" != shop ] || exec "$node" tests/storefront/run.mjs
[ $# -gt 0 ] || set -- tests/storefront/browser/*.test.mjs
exec "$node" --test --test-concurrency=1 --test-reporter=spec "$@"
