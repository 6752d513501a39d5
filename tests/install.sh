#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that building, the demo and the tests need; says so; does nothing where
# they are there.
#
#   sh tests/install.sh [build] [demo] [shop] [browser] [check] [check-all]       (default: build demo)
set -eu

packages_of() {
    case "$1" in
    build)
        echo gcc make libc6-dev protobuf-compiler protobuf-c-compiler libprotobuf-c-dev libzmq3-dev \
            libssl-dev libconfig-dev libcurl4-openssl-dev libmicrohttpd-dev libsqlite3-dev \
            libsystemd-dev zlib1g-dev uthash-dev libcjson-dev
        ;;
    demo) echo curl openssl ca-certificates ;;
    check)
        echo g++ perl libcmocka-dev clang libclang-rt-14-dev llvm-14 clang-format git procps strace sqlite3 mandoc zsh systemd
        packages_of shop
        packages_of browser
        ;;
    # Scenario tests and the shop need Node 20; what is missing of it comes from npm (tests/node.sh).
    shop) command -v npm >/dev/null 2>&1 || echo nodejs npm ;;
    browser) echo chromium fonts-wqy-microhei ;;
    check-all) echo clang-tidy cppcheck gcovr debootstrap debhelper dpkg-dev lintian ;;
    *)
        echo "tests/install.sh: unknown group '$1'" >&2
        exit 2
        ;;
    esac
}

[ $# -gt 0 ] || set -- build demo
wanted=
for group in "$@"; do
    wanted="$wanted $(packages_of "$group")"
done

missing=
for package in $wanted; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
        missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || {
        echo "tests/install.sh: please install as root:$missing" >&2
        exit 1
    }
    as_root=sudo
fi
echo "installing:$missing"
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
if { $as_root apt-get -q update && $as_root apt-get -q install -y --no-install-recommends $missing; } >"$log" 2>&1; then
    rm -f "$log"
else
    tail -n 30 "$log" >&2
    rm -f "$log"
    echo "tests/install.sh: apt-get failed" >&2
    exit 1
fi
