#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Plants one bug after another (tests/sim/mutants/*.patch) into a copy of the file it is about and asks
# the simulator for a seed that shows it. Run by make: mutants.sh BUILD SEEDS.
# MUTANTS="name..." picks some.
set -u
build=$1
seeds=$2
missed=0
n=0

# An adapter with its planted bug; the others stay as they are.
link_adapter() { # PLACE ADAPTER
    objects=
    for source in "adapters/$2"/*.c adapters/sdk/*.c; do
        object=${source%.c}.o
        if [ -e "$1/$object" ]; then objects="$objects $1/$object"; else objects="$objects $build/$object"; fi
    done
    rm -f "$1/adapters/$2.so"
    $SIM_LINK_ADAPTER $objects -o "$1/adapters/$2.so"
}

plant() { # NAME PLACE
    objects= adapters=
    mkdir -p "$2/tests/sim" "$2/adapters"
    for adapter in "$build"/adapters/*.so; do
        ln -s "$(realpath "$adapter")" "$2/adapters/"
    done
    files=$(sed -n 's,^+++ b/,,p' "tests/sim/mutants/$1.patch")
    for file in $files; do
        mkdir -p "$2/$(dirname "$file")"
        cp "$file" "$2/$file"
    done
    if ! patch -s -p1 -d "$2" <"tests/sim/mutants/$1.patch"; then
        echo "mutant $1: the patch does not fit any more"
        return 1
    fi
    for file in $files; do
        $SIM_COMPILE -Wno-error -w -c "$2/$file" -o "$2/${file%.c}.o" || return 1
        case $file in
            adapters/*) adapters=$(basename "$(dirname "$file")") ;;
            *) objects="$objects $2/${file%.c}.o" ;;
        esac
    done
    for adapter in $adapters; do
        link_adapter "$2" "$adapter" || return 1
    done
    [ -z "$objects" ] || $SIM_LINK $objects $SIM_PARTS -o "$2/tests/sim/sim" || return 1
    [ -n "$objects" ] || cp "$build/tests/sim/sim" "$2/tests/sim/sim"
}

for name in ${MUTANTS:-$(cd tests/sim/mutants && ls *.patch | sed 's/\.patch$//')}; do
    place=$build/mutants/$name
    rm -rf "$place"
    plant "$name" "$place" || exit 2
    n=$((n + 1))
    if said=$("$place/tests/sim/sim" --seeds "$seeds" --stop 2>/dev/null); then
        echo "mutant $name: MISSED in $seeds seeds"
        missed=$((missed + 1))
    else
        printf 'mutant %-34s %s\n' "$name" "$(printf '%s\n' "$said" | grep -m 1 '^seed')"
    fi
    rm -rf "$place"
done
echo "sim-mutants: $n planted, $missed missed"
[ "$missed" -eq 0 ]
