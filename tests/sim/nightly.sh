#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Many seeds on all cores: parts of a thousand, each by a process of its own. A violation is told at once; in the end
# what `make sim` says, with a digest over the digests of the parts, in order.
# usage: sh tests/sim/nightly.sh SIM SEEDS FROM (JOBS=N processes at once)
set -eu
sim=$1
seeds=$2
from=$3
each=1000
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
trap 'exit 1' INT TERM

first=$from
while [ "$first" -lt $((from + seeds)) ]; do
    n=$((from + seeds - first))
    [ "$n" -le "$each" ] || n=$each
    echo "$n $first"
    first=$((first + n))
done >"$place/parts"

# A violation is no failure of xargs: the other parts are still of interest. Who ends without one says why.
xargs -P "${JOBS:-$(nproc)}" -L 1 sh -c '
    part=$1/$(printf %012d "$4")
    "$2" --seeds "$3" --from "$4" >"$part.said" 2>"$part.speed" && exit 0
    result=$?
    grep "^seed" "$part.said" || { echo "seeds from $4: ended with $result"; tail -n 40 "$part.speed"; }
' sh "$place" "$sim" <"$place/parts"

cat "$place"/*.said >"$place/said"
digest=$(sed -n 's/^sim: .* digest //p' "$place/said" | sha256sum | cut -c 1-16)
cat "$place"/*.speed | awk '/^sim: [0-9]+ payments/ { payments += $2; crashes += $4; answers += $6; seconds += $9 }
    END { printf "sim: %d payments, %d crashes, %d answers in %.0f s of cores: %.0f payments/s\n",
          payments, crashes, answers, seconds, (seconds > 0 ? payments / seconds : 0) }' >&2
awk -v digest="$digest" -v wanted="$seeds" '/^sim: [0-9]+ seeds/ { n += $2; violations += $4; days += $6 }
    END { printf "sim: %d seeds, %d violations, %d simulated days, digest %s\n", n, violations, days, digest
          if (n != wanted) printf "sim: %d seeds are missing\n", wanted - n
          exit n != wanted || violations > 0 }' "$place/said"
