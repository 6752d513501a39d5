#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The units are right and closed (exposure at most 1.2), the account and the folders are made as they
# say, and every kind of log line is explained, in English and in Chinese.
set -u
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/../.."
breaches=0
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

breach() {
    echo "$1"
    breaches=$((breaches + 1))
}

# ---- units: as they are installed, but for the program, which need not be here -------------------------

mkdir "$dir/units"
cp systemd/fenqid.service systemd/fenqid-web.socket "$dir/units"
sed -f systemd/instance.sed systemd/fenqid.service >"$dir/units/fenqid@.service"
cp "$dir/units/fenqid@.service" "$dir/units/fenqid@shop.service"
sed -i 's|/usr/sbin/fenqid|/bin/true|' "$dir"/units/*.service
mkdir "$dir/units/fenqid.service.d"
cp systemd/credentials.conf "$dir/units/fenqid.service.d"
said=$(systemd-analyze verify --man=no --recursive-errors=no "$dir/units/fenqid.service" \
    "$dir/units/fenqid@shop.service" "$dir/units/fenqid-web.socket" 2>&1)
[ $? -eq 0 ] && [ -z "$said" ] || breach "systemd-analyze verify: $said"
for unit in fenqid.service fenqid@shop.service; do
    said=$(systemd-analyze security --offline=yes --threshold=12 "$dir/units/$unit" 2>&1) ||
        breach "$(printf '%s\n' "$said" | grep -e '✗' -e exposure)   (exposure of $unit above 1.2)"
done
[ "$(grep -c '^[^#].*%i' "$dir/units/fenqid@shop.service")" -ge 5 ] ||
    breach 'systemd/instance.sed does not fit fenqid.service any more'

# Stopping takes at most this, and some seconds for what hangs: systemd must wait longer.
stop_ms=$(sed -nE 's/^#define (QUIESCE|DRAIN|SETTLE)_MS +([0-9]+)$/\2/p' daemon/daemon.c | awk '{ n++; sum += $1 } END { print n == 3 ? sum : 0 }')
stop_s=$(sed -n 's/^TimeoutStopSec=\([0-9]*\)s$/\1/p' systemd/fenqid.service)
[ "$stop_ms" -gt 0 ] && [ $((stop_ms / 1000 + 5)) -le "${stop_s:-0}" ] ||
    breach "systemd/fenqid.service: TimeoutStopSec=$stop_s is too short for $stop_ms ms of draining"

# ---- the account and the folders ------------------------------------------------------------------------

root=$dir/root
mkdir -p "$root/etc/fenqid/keys" "$root/run"
if [ "$(id -u)" -eq 0 ]; then
    said=$(systemd-sysusers --root="$root" "$PWD/systemd/sysusers.d/fenqid.conf" 2>&1) || breach "systemd-sysusers: $said"
    for name in fenqid fenqid-audit; do
        grep -q "^$name:" "$root/etc/group" || breach "sysusers.d makes no group $name"
    done
    : >"$root/etc/fenqid/keys/token.key"
    chmod 0600 "$root/etc/fenqid/keys/token.key"
    said=$(systemd-tmpfiles --root="$root" --create "$PWD/systemd/tmpfiles.d/fenqid.conf" 2>&1) ||
        breach "systemd-tmpfiles: $said"
    id_of() { grep "^$1:" "$root/etc/group" | cut -d: -f3; }
    for expected in "etc/fenqid 750 $(id_of fenqid)" "etc/fenqid/keys 2750 $(id_of fenqid)" \
        "etc/fenqid/keys/token.key 640 $(id_of fenqid)" "run/fenqid-audit 2750 $(id_of fenqid-audit)"; do
        set -- $expected
        [ "$(stat -c '%a %g' "$root/$1")" = "$2 $3" ] ||
            breach "tmpfiles.d: /$1 is $(stat -c '%a %g' "$root/$1"), not $2 $3"
    done
else
    echo 'systemd: not root, the account and the folders were not made'
fi

# ---- the catalogs: an entry for each message of daemon/base/log.h, and nothing else ------------------------

n=$(sed -n '/^enum fq_msg {/,/FQ_MSG_N$/p' daemon/base/log.h | grep -cE '^    FQ_MSG_[A-Z_]+,')
prefix=$(grep -oE '[0-9a-f]{28}' daemon/base/log_line.c daemon/base/log.c | head -n 1 | cut -d: -f2)
i=1
while [ "$i" -le "$n" ]; do
    printf '%s%04x\n' "$prefix" "$i"
    i=$((i + 1))
done >"$dir/ids"
[ "$n" -gt 30 ] && [ ${#prefix} -eq 28 ] || breach 'daemon/base/log.h could not be read'
mkdir -p "$root/usr/lib/systemd/catalog" "$root/var/lib/systemd/catalog"
cp systemd/*.catalog "$root/usr/lib/systemd/catalog"
said=$(journalctl --root="$root" --update-catalog 2>&1) || breach "journalctl --update-catalog: $said"
for catalog in systemd/fenqid.catalog systemd/fenqid.zh_CN.catalog; do
    sed -n 's/^-- //p' "$catalog" >"$dir/entries"
    for id in $(diff "$dir/ids" "$dir/entries" | sed -n 's/^[<>] //p'); do
        breach "$catalog: message $id is missing, twice, out of order, or none of daemon/base/log.h"
    done
    [ "$(grep -c '^Subject: .' "$catalog")" -eq "$n" ] || breach "$catalog: an entry has no subject"
done
listed=$(journalctl --root="$root" --list-catalog 2>/dev/null | grep -c 'fenqid: ')
[ "$listed" -eq "$n" ] ||
    breach "journalctl lists $listed entries of fenqid, not those of $n messages"

[ "$breaches" -eq 0 ] && echo "systemd: ok ($n messages)"
[ "$breaches" -eq 0 ]
