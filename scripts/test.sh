#!/usr/bin/env bash
# Builds everything and runs every test. Needs Rust and a C compiler, nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."

for tool in cargo cc; do
    command -v "$tool" >/dev/null || {
        echo "test.sh: \`$tool\` is missing: install Rust from https://rustup.rs and a C compiler (package gcc or clang)" >&2
        exit 3
    }
done

export CARGO_INCREMENTAL="${CARGO_INCREMENTAL:-0}"
if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --workspace --no-fail-fast "$@"
else
    cargo test --workspace --no-fail-fast "$@"
fi
# Examples in the documentation of the two crates that others build on.
cargo test --doc -p palisade-primitives -p palisade-client
