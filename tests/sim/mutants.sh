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
for name in ${MUTANTS:-$(cd tests/sim/mutants && ls *.patch | sed 's/\.patch$//')}; do
    place=$build/mutants/$name
    rm -rf "$place"
    mkdir -p "$place/tests/sim"
    ln -s ../../adapters "$place/adapters"
    objects=
    for file in $(sed -n 's,^+++ b/,,p' "tests/sim/mutants/$name.patch"); do
        mkdir -p "$place/$(dirname "$file")"
        cp "$file" "$place/$file"
    done
    if ! patch -s -p1 -d "$place" <"tests/sim/mutants/$name.patch"; then
        echo "mutant $name: the patch does not fit any more"
        exit 2
    fi
    for file in $(sed -n 's,^+++ b/,,p' "tests/sim/mutants/$name.patch"); do
        $SIM_COMPILE -Wno-error -w -c "$place/$file" -o "$place/${file%.c}.o" || exit 2
        objects="$objects $place/${file%.c}.o"
    done
    $SIM_LINK $objects $SIM_PARTS -o "$place/tests/sim/sim" || exit 2
    n=$((n + 1))
    if said=$("$place/tests/sim/sim" --seeds "$seeds" --stop 2>/dev/null); then
        echo "mutant $name: MISSED in $seeds seeds"
        missed=$((missed + 1))
    else
        printf 'mutant %-34s %s\n' "$name" "$(printf '%s\n' "$said" | grep -m 1 '^seed')"
    fi
done
echo "sim-mutants: $n planted, $missed missed"
[ "$missed" -eq 0 ]
