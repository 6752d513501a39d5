#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The packages, as a distribution and an operator meet them: built twice to the same bytes, clean for
# lintian, and in a bare Debian 12 installed, refused without keys, paid with, upgraded, removed, purged.
# Needs root and debootstrap.
#
#   sh tests/packages.sh DIR          only builds: the packages of what is committed, into DIR
#   sh tests/packages.sh              all of it
set -eu
cd "$(dirname "$0")/.."
source=$(git rev-parse HEAD)

fail() {
    echo "packages: FAILED: $1" >&2
    exit 1
}

# ---- building ---------------------------------------------------------------------------------------

# Outside the source: the order of a locale, the time zone, the folder's name and the number of jobs must not matter.
build() { # DIR [CHANGELOG_ENTRY_FILE]
    mkdir -p "$1/fenqid"
    git archive "$source" | tar -x -C "$1/fenqid"
    mv "$1/fenqid/systemd/debian" "$1/fenqid/debian"
    if [ $# -gt 1 ]; then
        cat "$2" "$1/fenqid/debian/changelog" >"$1/changelog"
        mv "$1/changelog" "$1/fenqid/debian/changelog"
    fi
    (cd "$1/fenqid" && MAKEFLAGS= dpkg-buildpackage -b -us -uc "-j$(nproc)") >"$1/build.log" 2>&1 || {
        tail -n 30 "$1/build.log" >&2
        fail "dpkg-buildpackage"
    }
    rm -rf "$1/fenqid"
}
hashes() { (cd "$1" && sha256sum ./*.deb); }

if [ $# -gt 0 ]; then
    mkdir -p "$1"
    build "$(cd "$1" && pwd)"
    ls "$1"/*.deb
    exit 0
fi

work=$(mktemp -d /var/tmp/fenqid-packages.XXXXXX)
. tests/root.sh
cleanup() {
    root_drop
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

echo "building the packages, twice"
build "$work/one"
(export TZ=Asia/Shanghai LC_ALL=C.UTF-8 && umask 027 && mkdir -p "$work/a-longer-name/of-another-place" && build "$work/a-longer-name/of-another-place")
[ "$(hashes "$work/one")" = "$(hashes "$work/a-longer-name/of-another-place")" ] || {
    hashes "$work/one"
    hashes "$work/a-longer-name/of-another-place"
    fail "built twice, and not the same bytes"
}
echo "the same bytes both times:"
hashes "$work/one" | sed 's/^/  /'

# No address of a person stands in the packages: there is none to give.
lintian --allow-root --fail-on error,warning --suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog \
    "$work"/one/*.changes || fail "lintian"
echo "lintian: ok"

# ---- in a Debian of its own ---------------------------------------------------------------------------

root_make
inside 'apt-get -q update && apt-get -q install -y --no-install-recommends curl openssl gawk libcjson1 libcurl4 libmicrohttpd12 util-linux' \
    >"$work/apt.log" 2>&1 || { tail -n 20 "$work/apt.log"; fail "apt-get"; }
listing() { (cd "$root" && find etc usr var/lib opt srv home -xdev ! -path 'var/lib/apt/*' ! -path 'var/lib/dpkg/*' | sort); }

# Whatever is installed beside fenqid (libraries that it needs) is there before the first listing.
depends=$(for deb in "$work"/one/fenqid_*.deb "$work"/one/libfenqi1_*.deb "$work"/one/libfenqi-dev_*.deb; do
    dpkg-deb -f "$deb" Depends | tr ',' '\n' | sed 's/[|(].*//; s/ //g'
done | grep -v '^libfenqi' | sort -u)
inside "apt-get -q install -y --no-install-recommends $(echo $depends)" >"$work/apt.log" 2>&1 ||
    { tail -n 20 "$work/apt.log"; fail "apt-get: what fenqid depends on"; }
listing >"$work/before"

add() { # DIR: installs or upgrades
    rm -rf "$root/packages" && mkdir "$root/packages" && cp "$1"/*.deb "$root/packages/"
    inside 'rm -f /packages/*dbgsym*; apt-get -q install -y --no-install-recommends -o Dpkg::Options::=--force-confold /packages/*.deb' >"$work/apt.log" 2>&1 ||
        { tail -n 20 "$work/apt.log"; fail "apt-get: fenqid"; }
}
add "$work/one"
# What is made in keys belongs to the group, too.
modes=$(inside 'stat -c "%n %U:%G %a" /etc/fenqid /etc/fenqid/keys')
[ "$modes" = '/etc/fenqid root:fenqid 750
/etc/fenqid/keys root:fenqid 2750' ] || { echo "$modes"; fail "/etc/fenqid is open to others"; }
echo "installed"

inside 'fenqid --check-config --config /etc/fenqid/fenqid.conf' >"$work/refused" 2>&1 && fail "started without keys"
grep -q '/etc/fenqid/fenqid.conf:[0-9]*: .*curve_secret_file' "$work/refused" ||
    { cat "$work/refused"; fail "does not say which key is missing"; }
echo "without keys: $(head -n 1 "$work/refused")"

# The programs of the packages, in the order of tests/demo.sh; the platforms are the build's own.
make --no-print-directory -s build/release/fenqi-sandbox
mkdir -p "$root/demo"
cp build/release/fenqi-sandbox tests/demo.sh "$root/demo/"
inside 'ln -s /usr/sbin/fenqid /usr/bin/fenqictl /usr/lib/fenqid/adapters /demo/ && sh /demo/demo.sh /demo' >"$work/demo" 2>&1 ||
    { tail -n 40 "$work/demo"; fail "the demo payment"; }
grep -q 'signature verified: key demo' "$work/demo" || fail "no verified receipt in the demo"
echo "paid: $(grep -m 1 'signature verified' "$work/demo" | sed 's/^ *//')"
rm -rf "$root/demo"

# As systemd would start it: under its account, from /etc/fenqid, the ledger in its state directory.
inside 'cd /etc/fenqid/keys && openssl genrsa -out app.pem 2048 &&
    openssl genrsa 2048 | openssl pkey -pubout -out alipay.pub &&
    fenqictl keygen /etc/fenqid/keys --key-id 2026-01 && chgrp -R fenqid /etc/fenqid/keys && chmod 640 /etc/fenqid/keys/*' >/dev/null 2>&1
cat >"$root/etc/fenqid/fenqid.conf" <<'END'
instance = "01";
order_prefix = "P";
front: { endpoints = [ "ipc:///run/fenqid/front" ]; curve_secret_file = "keys/curve-server.secret"; };
web: { address = "127.0.0.1:18080"; public_url = "https://pay.example.com"; };
log: { sink = "stderr"; };
signing: { keys = ( { id = "2026-01"; file = "keys/signing-2026-01.pem"; } ); token_key_file = "keys/token.key"; };
channels = ( {
    name = "huabei"; adapter = "huabei"; hosts = [ "openapi.alipay.com" ]; amount_max = "50000.00";
    settings: { app_id = "2021000122671080"; seller_id = "2088721003899159"; gateway = "https://openapi.alipay.com/gateway.do"; };
    keys: { app = "keys/app.pem"; alipay = "keys/alipay.pub"; };
    rates = ( { instalments = 3; bearer = "buyer"; rate = "2.30%"; } );
} );
END
cat >"$root/start.sh" <<'END'
set -e
install -d -o fenqid -g fenqid -m 700 /var/lib/fenqid
install -d -o fenqid -g fenqid -m 750 /run/fenqid
setpriv --reuid fenqid --regid fenqid --clear-groups fenqid --config /etc/fenqid/fenqid.conf 2>/tmp/fenqid.log &
pid=$!
for try in $(seq 100); do
    if curl -fs http://127.0.0.1:18080/readyz >/dev/null; then break; fi
    kill -0 $pid 2>/dev/null || { cat /tmp/fenqid.log; exit 1; }
    sleep 0.1
done
curl -fs http://127.0.0.1:18080/.well-known/fenqi-keys
kill $pid
wait $pid
END
serves() {
    inside 'sh /start.sh' >"$work/served" 2>&1
    grep -q '"key_id":"2026-01"' "$work/served" || { cat "$work/served"; return 1; }
}
serves || fail "fenqid of the package does not serve"
echo "served under its own account"
size=$(stat -c %s "$root/var/lib/fenqid/fenqid.db")

printf 'fenqid (9.9.9) bookworm; urgency=medium\n\n  * A later one.\n\n -- The fenqid developers <fenqid@fenqid.invalid>  Mon, 23 Nov 2026 09:00:00 +0000\n\n' >"$work/entry"
build "$work/later" "$work/entry"
add "$work/later"
inside 'dpkg-query -W -f "\${Version}" fenqid' | grep -qx 9.9.9 || fail "not upgraded"
inside 'grep -q 127.0.0.1:18080 /etc/fenqid/fenqid.conf && test -f /etc/fenqid/keys/token.key' || fail "the upgrade touched the operator's files"
serves || fail "does not serve after the upgrade"
[ "$(stat -c %s "$root/var/lib/fenqid/fenqid.db")" -ge "$size" ] || fail "the upgrade lost the ledger"
echo "upgraded, and served again"

inside 'apt-get -q purge -y fenqid libfenqi1 libfenqi-dev' >"$work/purge" 2>&1 || { tail "$work/purge"; fail "purge"; }
grep -q 'the ledger' "$work/purge" || fail "the purge does not say that the ledger stays"
[ -f "$root/var/lib/fenqid/fenqid.db" ] && [ -f "$root/etc/fenqid/keys/token.key" ] || fail "the purge took the ledger or its keys"
echo "purged: the ledger and its keys stay, and it says so"

inside 'rm -rf /var/lib/fenqid'
add "$work/one"
inside 'apt-get -q purge -y fenqid libfenqi1 libfenqi-dev' >"$work/purge" 2>&1 || { tail "$work/purge"; fail "purge"; }
listing >"$work/after"
# Accounts stay, as Debian's policy has it; their files are of before.
left=$(comm -13 "$work/before" "$work/after" | grep -v '^etc/\(passwd\|group\|shadow\|gshadow\)-$' || true)
[ -z "$left" ] || { echo "$left"; fail "left behind"; }
echo "purged without a ledger: nothing is left behind"
echo "packages: ok"
