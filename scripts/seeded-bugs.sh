#!/usr/bin/env bash
# Every seeded bug (node/sim/seeded/*.patch) is put into a copy of the tree, one at a time, and the test that it names
# must fail. About half a minute each once the dependencies are built.
#
#   scripts/seeded-bugs.sh [NAME...]     all of them, or these
#   PALISADE_SEEDED_TARGET               where the copies are built (target/seeded); shared by all
set -euo pipefail
cd "$(dirname "$0")/.."

for tool in cargo git timeout; do
    command -v "$tool" >/dev/null || {
        echo "seeded-bugs.sh: \`$tool\` is missing: install Rust from https://rustup.rs, git and coreutils" >&2
        exit 3
    }
done

root="$PWD"
export CARGO_INCREMENTAL=0 CARGO_TARGET_DIR="${PALISADE_SEEDED_TARGET:-$root/target/seeded}"
copy="$(mktemp -d)"
trap 'rm -rf "$copy"' EXIT
git ls-files -z | xargs -0 cp --parents -t "$copy"

patches=()
for name in "$@"; do patches+=("node/sim/seeded/$name.patch"); done
[ $# -gt 0 ] || patches=(node/sim/seeded/*.patch)

cd "$copy"
missed=()
for patch in "${patches[@]}"; do
    name="$(basename "$patch" .patch)"
    test="$(sed -n 's/^Caught-by: //p' "$root/$patch")"
    git apply "$root/$patch"
    if ! cargo test --quiet -p palisade-sim --test it --no-run 2>"$copy/build.log"; then
        cat "$copy/build.log" >&2
        echo "seeded-bugs.sh: $name does not compile" >&2
        missed+=("$name")
    # A search that runs wild is as good as one that fails, but must end.
    elif timeout 600 cargo test --quiet -p palisade-sim --test it "$test" >"$copy/test.log" 2>&1; then
        echo "NOT CAUGHT  $name by $test"
        missed+=("$name")
    elif grep -q "^test result: FAILED" "$copy/test.log"; then
        found="$(sed -n 's/^test \(.*\) \.\.\. FAILED$/\1/p; s/^---- \(.*\) stdout ----$/\1/p' "$copy/test.log" | sort -u | head -3 | paste -sd ' ')"
        broken="$(grep -m1 -oE 'BROKEN [A-Za-z]+|Miscounted|FinalOrNull|TwoBlocks|NotNotarized|Contradiction|AfterNullify|never struck|panicked at' "$copy/test.log" || true)"
        echo "caught      $name by $found ($broken)"
    else
        tail -5 "$copy/test.log" >&2
        echo "NO VERDICT  $name: $test did not run to its end"
        missed+=("$name")
    fi
    git apply -R "$root/$patch"
done
echo "${#patches[@]} seeded bugs, ${#missed[@]} not caught: ${missed[*]:-}"
[ "${#missed[@]}" -eq 0 ]
