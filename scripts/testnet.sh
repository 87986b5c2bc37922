#!/usr/bin/env bash
# Builds Palisade and runs a testnet of real processes on this machine until Ctrl-C. Arguments go to
# `palisade testnet up`, such as: scripts/testnet.sh --validators 4 --block-time 500ms
set -euo pipefail
cd "$(dirname "$0")/.."

missing() {
    echo "testnet.sh: \`$1\` is missing: $2" >&2
    exit 3
}
command -v cargo >/dev/null || missing cargo "install Rust from https://rustup.rs"
command -v cc >/dev/null || missing cc "install a C compiler (package gcc or clang)"

PALISADE_COMMIT="$(git rev-parse --short HEAD 2>/dev/null || echo 'unknown commit')"
export PALISADE_COMMIT
target="${CARGO_TARGET_DIR:-target}"
if [ ! -x "$target/release/palisade" ]; then
    echo "testnet.sh: building; the first time takes about ten minutes on two cores" >&2
fi
# Cargo shows its progress on standard error.
cargo build --release --locked -p palisade-node --bin palisade

# The program takes this shell's place: Ctrl-C and SIGTERM reach it, and it stops every node it started.
exec "$target/release/palisade" testnet up "$@"
