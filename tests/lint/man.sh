#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Manual pages are well formed (mandoc, where it is installed), and fenqi(3) tells what fenqi.h has:
# each function and each error, and nothing else.
set -u
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/../.."
header=proto/client/fenqi.h
page=proto/client/fenqi.3
breaches=0

breach() {
    echo "$1"
    breaches=$((breaches + 1))
}
# WHAT, then two lists of words: those of the header, those of the page
same() {
    for word in $2; do
        printf '%s\n' "$3" | grep -qx "$word" || breach "$page: $1 $word of $header is not told"
    done
    for word in $3; do
        printf '%s\n' "$2" | grep -qx "$word" || breach "$page: there is no $1 $word in $header"
    done
}

functions=$(sed -e 's|/\*.*||' -e '/^ \*/d' "$header" | grep -oE '\bfenqi_[a-z_]+\(' | tr -d '(' | sort -u)
told=$(grep -E '^\.F[no] fenqi_' "$page" | cut -d ' ' -f 2 | sort -u)
same function "$functions" "$told"
errors=$(grep -oE '^    FENQI_E_[A-Z_]+ =' "$header" | tr -d ' =' | sort -u)
told=$(grep -oE '^\.It Dv FENQI_E_[A-Z_]+' "$page" | cut -d ' ' -f 3 | sort -u)
same error "$errors" "$told"
[ "$(printf '%s\n' "$functions" | wc -l)" -gt 15 ] || breach "$header could not be read"

if command -v mandoc >/dev/null 2>&1; then
    for file in $(git ls-files '*.[1-8]'); do
        # A page of another program may be missing here; style is the writer's.
        hits=$(mandoc -T lint -W warning "$file" 2>/dev/null | head -n 5)
        [ -z "$hits" ] || breach "$hits"
    done
else
    echo 'man: mandoc is not installed, the pages were not read'
fi

[ "$breaches" -eq 0 ] && echo "man: ok"
[ "$breaches" -eq 0 ]
