#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The adapter manual keeps step with the code: every member of every struct of the contract stands in
# that struct's table and nothing else does; every enumerator, sdk header and liar is named; quoted code
# still stands in its file (```c example/FILE.c, below adapters/); links lead somewhere.
# usage: sh tests/lint/manual.sh [MANUAL]
set -u
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/../.."
manual=${1:-adapters/README.md}
contract=adapters/sdk/fenqi_adapter.h
breaches=0
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

breach() {
    echo "$manual: $1"
    breaches=$((breaches + 1))
}
breach_each() { # FILE WHAT: one for each line
    while read -r line; do breach "$line $2"; done <"$1"
}

# ---- the contract, without its comments: "struct member" and enumerators ----------------------------

awk '
    { text = text $0 "\n" }
    END {
        while ((at = index(text, "/*")) > 0) {
            rest = substr(text, at + 2)
            text = substr(text, 1, at - 1) substr(rest, index(rest, "*/") + 2)
        }
        printf "%s", text
    }' "$contract" >"$dir/contract"

awk '
    function tell(declaration) {
        if (match(declaration, /\(\*[a-z_0-9]+\)/))
            print name, substr(declaration, RSTART + 2, RLENGTH - 3)
        else {
            sub(/\[[^]]*\]/, "", declaration)
            if (match(declaration, /[a-z_0-9]+[ \n]*$/)) {
                declaration = substr(declaration, RSTART)
                sub(/[ \n]*$/, "", declaration)
                print name, declaration
            }
        }
    }
    /^struct fq_[a-z_]+ \{/ { name = $2; body = ""; next }
    name != "" && /^};/ {
        n = split(body, declarations, ";")
        for (i = 1; i < n; i++) tell(declarations[i])
        name = ""
    }
    name != "" { body = body $0 "\n" }' "$dir/contract" | sort -u >"$dir/members"

awk '/^enum /,/^};/' "$dir/contract" | grep -oE '\bFQ_[A-Z0-9_]+' | sort -u >"$dir/enumerators"
[ "$(wc -l <"$dir/members")" -gt 100 ] && [ "$(wc -l <"$dir/enumerators")" -gt 50 ] ||
    breach "the contract could not be read: $contract"

# ---- the manual's tables: "### struct NAME", then rows that begin with `member` ------------------------

awk '
    /^#/ { name = $0 ~ /^### struct fq_[a-z_]+$/ ? $3 : "" }
    name != "" && /^\| *`/ {
        split($0, cells, "|")
        while (match(cells[2], /`[^`]+`/)) {
            print name, substr(cells[2], RSTART + 1, RLENGTH - 2)
            cells[2] = substr(cells[2], RSTART + RLENGTH)
        }
    }' "$manual" | sort -u >"$dir/told"

comm -23 "$dir/members" "$dir/told" >"$dir/missing"
comm -13 "$dir/members" "$dir/told" >"$dir/surplus"
breach_each "$dir/missing" 'is not in the table of its struct'
breach_each "$dir/surplus" 'is no member of that struct'

while read -r enumerator; do
    grep -q "\`$enumerator\`" "$manual" || echo "$enumerator"
done <"$dir/enumerators" >"$dir/unnamed"
breach_each "$dir/unnamed" 'is not named'

for header in $(git ls-files 'adapters/sdk/*.h'); do
    grep -q "(${header#adapters/})" "$manual" || breach "$header is not named"
done
for liar in $(git ls-files 'tests/liars/*.c'); do
    name=$(basename "$liar" .c)
    grep -q "\`$name\`" "$manual" || breach "the liar $name is not named"
done

# ---- quoted code ------------------------------------------------------------------------------------------

awk -v dir="$dir" '
    /^```c [^ ]+$/ { n++; file = dir "/quote." n; print $2 >(file ".path"); inside = 1; next }
    /^```/ { if (inside) close(file); inside = 0; next }
    inside { print >file }' "$manual"
n_quotes=0
for quote in "$dir"/quote.*; do
    case "$quote" in *.path | *'*') continue ;; esac
    n_quotes=$((n_quotes + 1))
    path=adapters/$(cat "$quote.path")
    [ -f "$path" ] || {
        breach "there is no $path to quote"
        continue
    }
    awk 'FNR == NR { quote = quote "\n" $0; next } { text = text "\n" $0 }
        END { exit !(index(text "\n", quote "\n") > 0) }' "$quote" "$path" ||
        breach "this does not stand in $path any more: $(head -n 1 "$quote")"
done
[ "$n_quotes" -gt 0 ] || breach 'no code is quoted'

# ---- links ----------------------------------------------------------------------------------------------------

grep -oE '\]\([^)#:]+' "$manual" | cut -c 3- | sort -u >"$dir/links"
while read -r link; do
    [ -e "$(dirname "$manual")/$link" ] || breach "$link: the link leads nowhere"
done <"$dir/links"

[ "$breaches" -eq 0 ] && echo "manual: ok ($n_quotes quotes)"
[ "$breaches" -eq 0 ]
