#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Units or scenarios under the thread sanitizer. Only frames inside system libraries that were not
# built for it are suppressed.
# usage: sh tests/tsan.sh unit|scenario
set -eu
cd "$(dirname "$0")/.."
# Everything takes some ten times as long as in a release build.
export FENQI_SLOWNESS="${FENQI_SLOWNESS:-8}"
export TSAN_OPTIONS="suppressions=$PWD/tests/tsan.supp:halt_on_error=0:exitcode=66:history_size=4"
exec make --no-print-directory -s -j "$(nproc)" FLAVOUR=tsan "$1"
