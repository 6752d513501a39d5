#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Who may include whom (design: base < core, crypto < conf, io, store, plugin < flow < the rest), and
# who owns which library. Prints each breach as file:line: what, and fails.
set -u
cd "$(dirname "$0")/../.."
breaches=0

breach() {
    echo "$1"
    breaches=$((breaches + 1))
}

# allow FOLDER 'regular expression of what its files may include with ""'
allow() {
    for file in $(git ls-files "$1/*.c" "$1/*.h"); do
        case "$file" in "$1"/*/*) continue ;; esac
        hits=$(grep -nE '^#[[:space:]]*include "' "$file" | grep -vE "include \"($2)" || true)
        [ -z "$hits" ] || breach "$(printf '%s\n' "$hits" | sed "s|^|$file:|")   ($1 may not see it)"
    done
}

contract='adapters/sdk/fenqi_adapter\.h'
allow daemon/base "daemon/base/|$contract"
allow daemon/core "daemon/(base|core)/|$contract"
allow daemon/crypto "daemon/(base|crypto)/|$contract"
allow daemon/conf "daemon/(base|core|conf)/|$contract"
allow daemon/io "daemon/(base|core|crypto|io)/|proto/fenqi\.pb-c\.h|$contract"
allow daemon/store "daemon/(base|core|store)/|$contract"
allow daemon/plugin "daemon/(base|core|crypto|plugin)/|$contract"
allow daemon/flow "daemon/(base|core|flow)/|daemon/plugin/channel\.h|$contract"
allow adapters/sdk 'adapters/sdk/'
for adapter in $(git ls-files 'adapters/*/*.c' | cut -d/ -f2 | sort -u); do
    [ "$adapter" = sdk ] || allow "adapters/$adapter" "adapters/sdk/|adapters/$adapter/"
done
allow proto/client 'proto/|fenqi'
# The models of the platforms share nothing with what they test.
allow tests/sandbox 'tests/sandbox/'

# owner 'regular expression of the header' 'regular expression of the files that may include it'
owner() {
    hits=$(git grep -nE "^#[[:space:]]*include <$1" -- daemon adapters proto | grep -vE "^($2)" || true)
    [ -z "$hits" ] || breach "$hits   (only $2)"
}
owner 'zmq\.h' 'daemon/io/((front|zap|loop)\.c|front_parts\.h)|daemon/ctl/|proto/client/'
owner 'sqlite3\.h' 'daemon/store/(engine|backup)_sqlite\.c'
owner 'openssl/' 'daemon/crypto/|proto/client/'
owner 'curl/' 'daemon/io/http\.c'
owner 'microhttpd\.h' 'daemon/io/web'
owner 'libconfig' 'daemon/conf/'
owner '(protobuf-c/|proto/fenqi\.pb-c\.h)' 'daemon/io/codec|daemon/ctl/|proto/client/'
owner 'systemd/' 'daemon/base/log|daemon/(daemon|reload|watchdog|inherited)\.c'
owner 'uthash\.h' 'daemon/base/hash\.h'

# libraries return faults, they do not log (base/log itself aside)
hits=$(git grep -nE '\bfq_log(_always)?\(' -- daemon/core daemon/crypto daemon/conf daemon/plugin || true)
[ -z "$hits" ] || breach "$hits   (libraries do not log)"

[ "$breaches" -eq 0 ] && echo "layers: ok"
[ "$breaches" -eq 0 ]
