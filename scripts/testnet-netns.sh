#!/usr/bin/env bash
# A testnet of two machines: network namespaces with a link between them, two validators in each from the folders that
# `palisade testnet export` makes, and a fifth node that joins over the link. Checks that all come to the same block,
# that the halves halt when the link is cut, and that they go on when it is back.
#
#   scripts/testnet-netns.sh [PALISADE]    the program [default: target/debug/palisade, or CARGO_TARGET_DIR's]
#
# Needs root and `ip netns`; says so and exits 0 where either is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
program="${1:-${CARGO_TARGET_DIR:-target}/debug/palisade}"
say() { echo "testnet-netns.sh: $*"; }

[ -x "$program" ] || { say "$program is missing: \`cargo build -p palisade-node\` makes it" >&2; exit 3; }
program="$(realpath "$program")"
command -v ip >/dev/null || { say "skipped: \`ip\` is missing (package iproute2)"; exit 0; }
[ "$(id -u)" -eq 0 ] || { say "skipped: network namespaces need root"; exit 0; }
a="palisade-$$-a" b="palisade-$$-b"
ip netns add "$a" 2>/dev/null || { say "skipped: this machine lets nobody make network namespaces"; exit 0; }

work="$(mktemp -d)"
pids=()
finish() {
    code=$?
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    ip netns del "$a" 2>/dev/null || true
    ip netns del "$b" 2>/dev/null || true
    if [ "$code" -ne 0 ]; then
        tail -n 15 "$work"/net/host*/node*/node.log "$work"/joined/node.log 2>/dev/null || true
    fi
    rm -rf "$work"
    exit "$code"
}
trap finish EXIT
ip netns add "$b"
ip link add veth-a netns "$a" type veth peer name veth-b netns "$b"
for side in "$a veth-a 10.97.0.1" "$b veth-b 10.97.0.2"; do
    read -r space link address <<<"$side"
    ip -n "$space" addr add "$address/24" dev "$link"
    ip -n "$space" link set lo up
    ip -n "$space" link set "$link" up
done
in_a() { ip netns exec "$a" "$@"; }
in_b() { ip netns exec "$b" "$@"; }

"$program" testnet export "$work/net" --name netns --host 10.97.0.1 --host 10.97.0.2 --public-rpc \
    --block-time 200ms --base-port 27000
export PALISADE="$program"
in_a "$work/net/host0/start.sh" & pids+=($!)
in_b "$work/net/host1/start.sh" & pids+=($!)

# The finalized height of the node that answers at an address, asked from within a namespace; 0 when it does not.
height() {
    ip netns exec "$1" "$program" query sync --node "$2" -o json 2>/dev/null |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["height"])' 2>/dev/null || echo 0
}
wait_for() { # NAMESPACE URL HEIGHT SECONDS
    for _ in $(seq "$(($4 * 2))"); do
        [ "$(height "$1" "$2")" -ge "$3" ] && return 0
        sleep 0.5
    done
    say "$2 is at $(height "$1" "$2"), not at $3 after $4 s" >&2
    return 1
}
first=http://10.97.0.1:27000 last=http://10.97.0.2:27030
wait_for "$a" "$first" 5 60
wait_for "$b" "$last" 5 60
say "two and two validators finalize together: $(height "$a" "$first") blocks"

# A stranger on the second machine joins over the link, from the public folder and by the other machine's address.
in_b "$program" join "$first" --home "$work/joined" --no-snapshot
in_b "$program" start --home "$work/joined" --set rpc.listen=127.0.0.1:27100 --set metrics.listen=127.0.0.1:27101 \
    --set 'network.listen=["/ip4/10.97.0.2/tcp/27102"]' >"$work/joined/node.log" 2>&1 &
pids+=($!)
wait_for "$b" http://127.0.0.1:27100 10 60
say "a fifth node joined and follows: $(height "$b" http://127.0.0.1:27100) blocks"

# Cut: neither half has a quorum. What was under way may still become final; the newcomer, which asks peers that are gone
# now, may come to it later than the validators.
ip -n "$a" link set veth-a down
sleep 5
before="$(height "$a" "$first") $(height "$b" "$last")"
sleep 4
after="$(height "$a" "$first") $(height "$b" "$last")"
[ "$before" = "$after" ] || { say "blocks became final across a cut link: $before, then $after" >&2; exit 1; }
after="${after#* }"
ip -n "$a" link set veth-a up
wait_for "$b" http://127.0.0.1:27100 "$((after + 5))" 90
say "cut, it halted at $after; whole again, it goes on"

common="$((after + 3))"
wait_for "$a" "$first" "$common" 60
hash_at() { ip netns exec "$1" "$program" query block "$common" --node "$2" -o json | python3 -c 'import json, sys; print(json.load(sys.stdin)["hash"])'; }
one="$(hash_at "$a" "$first")"
for there in "$b $last" "$b http://127.0.0.1:27100"; do
    read -r space url <<<"$there"
    [ "$(hash_at "$space" "$url")" = "$one" ] || { say "$url has another block at $common" >&2; exit 1; }
done
say "all have the same block at $common: $one"
