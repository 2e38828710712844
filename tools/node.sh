#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Prints the path of a node that can run the web tools (20.19 or newer, or 22.12 or newer).
#
#   tools/node.sh           the path of node
#   tools/node.sh npm ARG.. runs that npm with ARG.. under that node
#   tools/node.sh ARG..     runs that node with ARG..
#
# Debian 12 ships node 18.20, too old for vite, vitest and playwright-core. There the pinned
# npm package node-linux-<cpu> (no install script, one binary) is put under .cache/node with
# the npm there is; a second run finds it and needs no network.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
pinned=22.23.3
cache=$root/.cache/node

# fit NODE: is this node new enough?
fit() {
    "$1" -e 'const [a,b]=process.versions.node.split(".").map(Number);
        process.exit(a>22||(a===22&&b>=12)||(a===20&&b>=19)?0:1)' 2>/dev/null
}

node=
if command -v node >/dev/null 2>&1 && fit "$(command -v node)"; then
    node=$(command -v node)
else
    case $(uname -m) in
    x86_64 | amd64) cpu=x64 ;;
    aarch64 | arm64) cpu=arm64 ;;
    *) echo "tools/node.sh: no node >= 20.19 here, and no packaged one for $(uname -m)" >&2
       exit 1 ;;
    esac
    node=$cache/node_modules/node-linux-$cpu/bin/node
    if ! { [ -x "$node" ] && [ "$("$node" --version 2>/dev/null)" = "v$pinned" ]; }; then
        command -v npm >/dev/null 2>&1 || {
            echo "tools/node.sh: node >= 20.19 is missing and so is npm to fetch it (apt-get install npm)" >&2
            exit 1
        }
        mkdir -p "$cache"
        [ -f "$cache/package.json" ] || echo '{"private":true}' >"$cache/package.json"
        npm install --prefix "$cache" --no-save --ignore-scripts --no-audit --no-fund --no-package-lock \
            "node-linux-$cpu@$pinned" >"$cache/install.log" 2>&1 || {
            cat "$cache/install.log" >&2
            echo "tools/node.sh: could not install node-linux-$cpu@$pinned" >&2
            exit 1
        }
        fit "$node" || { echo "tools/node.sh: $node does not run here" >&2; exit 1; }
    fi
fi

case ${1-} in
'') printf '%s\n' "$node" ;;
npm)
    shift
    npm=$(readlink -f "$(command -v npm)") # its script, so that it runs under the node found
    PATH=$(dirname "$node"):$PATH
    export PATH
    case $npm in
    *.js) exec "$node" "$npm" "$@" ;;
    *) exec npm "$@" ;;
    esac ;;
*)
    PATH=$(dirname "$node"):$PATH
    export PATH
    exec "$node" "$@" ;;
esac
