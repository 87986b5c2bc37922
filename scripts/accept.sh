#!/usr/bin/env bash
# Measures what Palisade promises, with the release build and real processes, and prints one table: each figure beside
# its bound. Exit 1 when a figure misses its bound.
#
#   scripts/accept.sh                    everything (about twelve minutes on two cores once built)
#   scripts/accept.sh start light kills  only these
#   scripts/accept.sh kills 200          two hundred of them instead of twenty
#   scripts/accept.sh soak               half an hour of load: memory stays flat (by name only, as is `curve`)
#   scripts/accept.sh --list             what there is
#   scripts/accept.sh --json FILE        the figures as JSON too
#
# Figures hold for this machine and this moment: leave it alone while they are taken.
set -euo pipefail
cd "$(dirname "$0")/.."

missing() {
    echo "accept.sh: \`$1\` is missing: $2" >&2
    exit 3
}
command -v cargo >/dev/null || missing cargo "install Rust from https://rustup.rs"
command -v cc >/dev/null || missing cc "install a C compiler (package gcc or clang)"
command -v python3 >/dev/null || missing python3 "install Python 3.9 or later; its standard library is enough"

PALISADE_COMMIT="$(git rev-parse --short HEAD 2>/dev/null || echo 'unknown commit')"
export PALISADE_COMMIT
cargo build --release --locked -p palisade-node --bin palisade
exec python3 scripts/accept "${CARGO_TARGET_DIR:-target}/release/palisade" "$@"
