#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Units or scenarios under the thread sanitizer. Only frames inside system libraries that were not
# built for it are suppressed.
# usage: sh tests/tsan.sh unit|scenario
set -eu
cd "$(dirname "$0")/.."
mkdir -p build
cp tests/tsan.supp build/tsan.supp
# Scenarios that move the clock preload libfaketime, whose pthread_cond_timedwait hides from the
# sanitizer that the log's mutex is given up. The units see the log without it.
[ "$1" != scenario ] || cat >>build/tsan.supp <<END
called_from_lib:libfaketime.so.1
race:libfaketime.so.1
race:^ring_
race:^fq_log_stop
mutex:^ring_
END
export TSAN_OPTIONS="suppressions=$PWD/build/tsan.supp:halt_on_error=0:exitcode=66:history_size=4"
exec make --no-print-directory -s -j "$(nproc)" FLAVOUR=tsan "$1"
