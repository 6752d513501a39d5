# SPDX-License-Identifier: Apache-2.0
# A bare Debian 12 in a folder of its own, for bare.sh and packages.sh, which read this file: root_make
# fills "$root", root_drop takes it away, `inside COMMAND` runs one there. Needs root and debootstrap.

root=$(mktemp -d /var/tmp/fenqid-root.XXXXXX)

root_drop() {
    for mount in proc dev; do
        if mountpoint -q "$root/$mount"; then umount "$root/$mount" || umount -l "$root/$mount"; fi
    done
    rm -rf --one-file-system "$root"
}

root_make() {
    mirror=$(sed -n 's/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) bookworm .*/\2/p' /etc/apt/sources.list 2>/dev/null | head -n 1)
    [ -n "$mirror" ] || mirror=$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p' /etc/apt/sources.list.d/*.sources 2>/dev/null | head -n 1)
    chmod 755 "$root" # not for root alone: other accounts live in it
    echo "a bare Debian 12 in $root"
    debootstrap --variant=minbase bookworm "$root" "$mirror" >"$root.log" 2>&1 || { tail -n 20 "$root.log"; return 1; }
    rm -f "$root.log"
    mount -t proc proc "$root/proc"
    mount --bind /dev "$root/dev"
    # The machine's own way to its package sources: apt, npm, proxies, certificates.
    cp -r /etc/apt/. "$root/etc/apt/"
    # The certificates that this machine trusts beside the usual ones: ca-certificates takes them up.
    [ ! -d /usr/local/share/ca-certificates ] || {
        mkdir -p "$root/usr/local/share/ca-certificates"
        cp -r /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
    }
    cp /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null || true
    for npmrc in "$HOME/.npmrc" /usr/etc/npmrc; do
        [ ! -f "$npmrc" ] || cp "$npmrc" "$root/root/.npmrc"
    done
}

inside() {
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 CI=true \
        NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
        $(env | grep -iE '^(https?_proxy|no_proxy|npm_config_[a-z_]*)=' || true) \
        chroot "$root" sh -c "$1"
}
