#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A newcomer's first ten minutes: a fresh clone in a bare Debian 12, then the README's two commands.
# Needs root and debootstrap. usage: sh tests/bare.sh [demo|check]   (default: both)
set -eu
cd "$(dirname "$0")/.."
what=${1:-both}
. tests/root.sh
trap root_drop EXIT
trap 'exit 1' INT TERM

root_make
git clone -q . "$root/work"
[ ! -d ../shared ] || cp -r ../shared "$root/shared"
# The README's own words.
if [ "$what" != check ]; then inside 'cd /work && sh tests/install.sh && make demo'; fi
if [ "$what" != demo ]; then inside 'cd /work && sh tests/install.sh && make check'; fi
