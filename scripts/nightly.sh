#!/usr/bin/env bash
# The long runs, with what CI leaves out: more seeds, every twin, the whole search, every seeded bug, and every property
# with more cases. Hours, not minutes.
#
#   scripts/nightly.sh [PART...]   all parts, or some of: twins search sweep accusations seeded curve properties whole
#                                  kills scenarios netns
#   PALISADE_SIM_SEEDS             seeds of the sweep (20000)
#   PALISADE_ACCUSATION_SEEDS      seeds of honest validators that restart (10000)
#   PALISADE_WHOLE_SEQUENCES       sequences of restaking against its model (1000000)
#   PALISADE_WHOLE_SEED            the first of them (other ones each night)
#   PALISADE_KILLS                 how often all four nodes of a testnet are killed at once, under load (200)
#   PROPTEST_CASES                 cases of each property, fuzz bodies among them (10000)
#
# A failing seed is printed with the command that runs it again.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v cargo >/dev/null || {
    echo "nightly.sh: \`cargo\` is missing: install Rust from https://rustup.rs" >&2
    exit 3
}

export CARGO_INCREMENTAL="${CARGO_INCREMENTAL:-0}"
seeds="${PALISADE_SIM_SEEDS:-20000}"
accusations="${PALISADE_ACCUSATION_SEEDS:-10000}"
cases="${PROPTEST_CASES:-10000}"
kills="${PALISADE_KILLS:-200}"
sequences="${PALISADE_WHOLE_SEQUENCES:-1000000}"
first="${PALISADE_WHOLE_SEED:-$(date +%s)000000}"
sim() { cargo test -p palisade-sim --test it "$1" -- --nocapture; }

scenarios() {
    cargo build -p palisade-node
    local program name
    program="$(realpath "${CARGO_TARGET_DIR:-target}/debug/palisade")"
    for name in smoke crash partition equivocation slashing rewards exit; do
        (cd "$(mktemp -d)" && "$program" testnet scenario run "$name" --name "night-$name") || return 1
    done
}

part() {
    echo "nightly.sh: $1"
    case "$1" in
    # 1.6 million cases of four seats and three rounds, 100,000 samples of five to ten seats.
    twins) PALISADE_TWINS=all sim twins:: ;;
    # Two views whole, three within a bound of states; about 2 GiB of memory.
    search) PALISADE_SEARCH=all cargo test -p palisade-sim --test it search:: -- --nocapture --test-threads=1 ;;
    sweep) PALISADE_SIM_SEEDS="$seeds" sim sweep:: ;;
    accusations) PALISADE_SIM_SEEDS="$accusations" sim accusations:: ;;
    seeded) scripts/seeded-bugs.sh ;;
    curve) cargo run --release -p palisade-sim --example curve ;;
    # The simulator's own long runs are the parts above.
    properties) PROPTEST_CASES="$cases" cargo test --workspace --no-fail-fast -- \
        --skip sweep:: --skip accusations:: --skip twins:: --skip search:: ;;
    # Everything that restaking is, against a model on paper; the seeds are printed.
    whole) PALISADE_WHOLE_SEQUENCES="$sequences" PALISADE_WHOLE_SEED="$first" \
        cargo test -p palisade-runtime --test whole -- --nocapture ;;
    # Nothing that anybody saw final is lost, and nobody signs twice.
    kills) PALISADE_KILLS="$kills" cargo test -p palisade-node --test e2e crashes::all_four -- --nocapture ;;
    # What comes with `palisade testnet scenario`, each on a testnet of its own.
    scenarios) scenarios ;;
    # Two machines: network namespaces with a link between them. Needs root.
    netns) cargo build -p palisade-node && scripts/testnet-netns.sh ;;
    *)
        echo "nightly.sh: no part is called \`$1\`" >&2
        return 2
        ;;
    esac
}

parts=("$@")
[ $# -gt 0 ] || parts=(twins search sweep accusations seeded curve properties whole kills scenarios netns)
failed=()
for name in "${parts[@]}"; do
    part "$name" || failed+=("$name")
done
echo "nightly.sh: ${#parts[@]} parts, ${#failed[@]} failed: ${failed[*]:-}"
[ "${#failed[@]}" -eq 0 ]
