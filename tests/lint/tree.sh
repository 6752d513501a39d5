#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What must not stand in the tree: other top-level entries, long files, keys, hosts, unfinished marks,
# messages that contain themselves, functions that were banned.
set -u
cd "$(dirname "$0")/../.."
breaches=0

breach() {
    echo "$1"
    breaches=$((breaches + 1))
}
none() { # MESSAGE HITS
    [ -z "$2" ] || breach "$(printf '%s\n' "$2" | head -n 5)   ($1)"
}

for entry in $(git ls-files | cut -d/ -f1 | sort -u); do
    case "$entry" in
    daemon | adapters | proto | conf | tests | systemd | Makefile | README.md | LICENSE | .*) ;;
    *) breach "$entry: the top level is closed" ;;
    esac
done

git ls-files 'daemon/*.c' 'adapters/*.c' 'proto/*.c' 'tests/*.c' 'tests/*.mjs' | while read -r file; do
    [ -f "$file" ] && [ "$(wc -l <"$file")" -gt 700 ] && echo "$file: over 700 lines"
done >build/lint-long 2>/dev/null || true
[ ! -s build/lint-long ] || breach "$(cat build/lint-long)"

none 'a private key' "$(git grep -nE -e '-----BEGIN ([A-Z]+ )?PRIVATE KEY-----' -- ':!*.md' ':!tests/lint' || true)"
none 'a registry host' "$(git grep -nE 'https?://(registry|deb|ftp|security)\.' || true)"
none 'a download address in a lock file' "$(git grep -n '"resolve[d]":' -- '*package-lock.json' || true)"
none 'unfinished' "$(git grep -nE '\b(TODO|FIXME|XXX|HACK)\b' -- daemon adapters proto systemd || true)"
none 'banned function' "$(git grep -nE '\b(strcpy|strcat|sprintf|gets|atoi|atol|strtok|system|popen|localtime|gmtime|strerror)\(' \
    -- 'daemon/*.c' 'adapters/*.c' 'proto/*.c' || true)"
# Money is exact, so nothing computes in floating point. One file may: an annual rate is no money but the
# root of a polynomial, and leaves daemon/core/rate.c as a rounded integer.
floats='float|double|_Float[0-9]+x?|__float(80|128)|math\.h'
none 'floating point' "$(git grep -nwE "($floats)" -- 'daemon/*.[ch]' 'adapters/*.[ch]' ':!daemon/core/rate.c' |
    sed -E 's,/\*.*\*/,,' | grep -wE "($floats)" | grep -vE '^[^:]*:[0-9]+:[[:space:]]*(/\*|\*[[:space:]/]|//)' || true)"

# No message may contain itself, directly or through another: protobuf-c's unpacker recurses.
awk '
    /^message / { name = $2; stack = name; depth = 1; next }
    depth && /^  (message|enum) / { inner++; next }
    depth && /^}/ { depth = 0 }
    depth && /^ +(repeated )?[A-Z][A-Za-z]* [a-z_0-9]+ = / {
        type = $1 == "repeated" ? $2 : $1
        uses[name] = uses[name] " " type
    }
    function visit(m, path,   list, n, i) {
        if (index(path, " " m " ")) { print "proto/fenqi.proto: message " m " contains itself"; bad = 1; return }
        n = split(uses[m], list, " ")
        for (i = 1; i <= n; i++) if (list[i] in uses) visit(list[i], path m " ")
    }
    END { for (m in uses) visit(m, " "); exit bad }
' proto/fenqi.proto || breach "(recursive message)"

[ "$breaches" -eq 0 ] && echo "tree: ok"
[ "$breaches" -eq 0 ]
