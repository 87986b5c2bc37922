#!/bin/sh
# Holds proto/ to its style and, against a git reference when one is given, to compatibility.
#
#   scripts/check-proto.sh              lint
#   scripts/check-proto.sh v0.1.0       lint, and no breaking change since v0.1.0
#
# Uses `buf` from the PATH or, through npm, from the package @bufbuild/buf. Exit code 2: neither is there.
set -eu
cd "$(dirname "$0")/.."
version=1.75.0

if command -v buf >/dev/null 2>&1; then
    run_buf() { buf "$@"; }
elif command -v npm >/dev/null 2>&1; then
    tools=$(mktemp -d)
    trap 'rm -rf "$tools"' EXIT
    # Node brings certificates of its own; the system's may know more, such as those of an organisation's mirror.
    system=/etc/ssl/certs/ca-certificates.crt
    if [ -z "${NODE_EXTRA_CA_CERTS:-}" ] && [ -r "$system" ]; then
        export NODE_EXTRA_CA_CERTS="$system"
    fi
    if ! npm install --silent --no-audit --no-fund --fetch-timeout=30000 --fetch-retries=2 --prefix "$tools" "@bufbuild/buf@$version" >"$tools/log" 2>&1; then
        cat "$tools/log" >&2
        echo "check-proto: npm could not install @bufbuild/buf@$version (is the registry reachable?)" >&2
        exit 2
    fi
    run_buf() { "$tools/node_modules/.bin/buf" "$@"; }
else
    echo "check-proto: needs buf (https://buf.build/docs/installation) or npm; found neither" >&2
    exit 2
fi

run_buf lint proto
echo "check-proto: lint passed"
if [ $# -gt 0 ]; then
    run_buf breaking proto --against ".git#ref=$1,subdir=proto"
    echo "check-proto: compatible with $1"
fi
