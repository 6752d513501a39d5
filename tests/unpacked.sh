#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints the folder in which Debian's packages PACKAGE... stand unpacked, not installed: a test that
# needs a daemon of somebody else's shall not start one on this machine.
#
#   sh tests/unpacked.sh NAME PACKAGE...
set -eu
[ $# -ge 2 ] || {
    echo "usage: sh tests/unpacked.sh NAME PACKAGE..." >&2
    exit 2
}
cd "$(dirname "$0")/.."
mkdir -p build/unpacked
root=$(pwd)/build/unpacked/$1
shift
if [ ! -d "$root" ]; then
    work=$(mktemp -d build/unpacked/work.XXXXXX)
    trap 'rm -rf "$work"' EXIT
    chmod 755 "$work"
    (cd "$work" && apt-get -q download "$@" >log 2>&1) || {
        # No lists yet: a bare machine.
        sh tests/install.sh build >&2
        (cd "$work" && { apt-get -q update || sudo apt-get -q update; } >log 2>&1 && apt-get -q download "$@" >>log 2>&1) || {
            tail -n 20 "$work/log" >&2
            exit 1
        }
    }
    for package in "$work"/*.deb; do
        dpkg -x "$package" "$work/root"
    done
    mv "$work/root" "$root" 2>/dev/null || [ -d "$root" ] # or another test was faster
fi
echo "$root"
