#!/usr/bin/env bash
# The long runs: the simulator over many seeds, and every property test with more cases. Hours, not minutes.
#
#   PALISADE_SIM_SEEDS   seeds of the sweep (20000)
#   PROPTEST_CASES       cases of each property (10000)
#
# A failing seed is printed with the command that runs it again.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v cargo >/dev/null || {
    echo "nightly.sh: \`cargo\` is missing: install Rust from https://rustup.rs" >&2
    exit 3
}

export CARGO_INCREMENTAL="${CARGO_INCREMENTAL:-0}"
export PALISADE_SIM_SEEDS="${PALISADE_SIM_SEEDS:-20000}"
export PROPTEST_CASES="${PROPTEST_CASES:-10000}"

status=0
echo "nightly.sh: ${PALISADE_SIM_SEEDS} seeds"
cargo test -p palisade-sim --test it sweep -- --nocapture || status=1
echo "nightly.sh: all tests, ${PROPTEST_CASES} cases of each property"
# The sweep has just run; its shards are the only tests of that name.
cargo test --workspace --no-fail-fast -- --skip quarter_hold || status=1
exit "$status"
