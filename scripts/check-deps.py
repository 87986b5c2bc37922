#!/usr/bin/env python3
"""Who may name whom.

Reads `cargo metadata` and fails when a crate names a crate that the table below does not give it, when something
under runtime/ reaches a clock, a socket or a disk, or when a member escapes the workspace's lints. Normal and
build edges count; dev-dependencies are free, except that nothing under runtime/ may dev-depend on node/.
"""
import json
import pathlib
import subprocess
import sys

LIGHT = {"light-bitcoin", "light-ethereum", "light-palisade"}
MODULES = {"assets", "bank", "staking", "vaults", "delegation", "dss", "slashing", "rewards", "governance"}
SERVICES = {"attested", "oracle", "service-consensus"}
BELOW_RUNTIME = {"primitives", "crypto", "state", "kernel"} | LIGHT | MODULES | SERVICES
CLIENT_NAMES = {"proto", "primitives", "crypto", "signer"} | LIGHT
NODE = {
    "client", "consensus", "engine", "mempool", "network", "operator", "rpc", "signer", "store", "sync", "testnet", "wal",
}

# Each row is complete, not cumulative.
MAY_NAME = {
    "primitives": set(),
    "crypto": {"primitives"},
    "light-bitcoin": {"primitives", "crypto"},
    "light-palisade": {"primitives", "crypto"},
    "light-ethereum": {"primitives", "crypto"},
    "state": {"primitives", "crypto"},
    "kernel": {"primitives", "state"},
    "assets": {"kernel", "primitives"},
    "bank": {"kernel", "primitives"},
    "staking": {"kernel", "primitives", "crypto", "bank", "light-palisade"},
    "vaults": {"kernel", "primitives", "assets", "bank"},
    "delegation": {"kernel", "primitives", "crypto", "bank", "vaults"},
    "dss": {"kernel", "primitives", "crypto", "bank", "vaults", "delegation"},
    "slashing": {"kernel", "primitives", "crypto", "bank", "staking", "vaults", "delegation", "dss"},
    "rewards": {"kernel", "primitives", "bank", "vaults", "staking", "delegation", "dss"},
    "governance": {"kernel", "primitives", "bank"},
    "attested": {"kernel", "primitives", "crypto", "dss"},
    "oracle": {"kernel", "primitives", "crypto", "bank", "dss"},
    "service-consensus": {"kernel", "primitives", "crypto", "dss", "staking", "light-palisade"},
    "proto": set(),
    "runtime": BELOW_RUNTIME | {"proto"},
    "genesis": {"runtime", "primitives", "crypto", "light-palisade"},
    "consensus": {"primitives", "crypto", "light-palisade"},
    "wal": {"primitives", "crypto", "light-palisade"},
    "signer": {"primitives", "crypto", "light-palisade", "proto", "wal"},
    "network": {"primitives"},
    "store": {"primitives", "crypto", "state", "light-palisade"},
    "mempool": {"primitives"},
    "sync": {"primitives", "crypto", "light-palisade", "network"},
    "engine": {
        "primitives", "crypto", "light-palisade", "consensus", "wal", "signer", "network", "mempool", "sync",
    },
    "rpc": {"proto", "primitives", "crypto", "light-palisade", "runtime"},
    "client": CLIENT_NAMES,
    "operator": CLIENT_NAMES | {"client"},
    "testnet": CLIENT_NAMES | {"client", "genesis"},
    "node": NODE | {"runtime", "genesis", "proto", "primitives", "crypto"} | LIGHT,
    # Named only as dev-dependencies, they may name anything on their side.
    "testing": BELOW_RUNTIME | {"runtime", "proto", "genesis"},
    "sim": NODE | {"primitives", "crypto"} | LIGHT,
}

# Nothing under runtime/ reaches these, at any depth.
BANNED_BELOW_RUNTIME = {
    "tokio", "tonic", "hyper", "libp2p", "sled", "mio", "socket2", "async-std", "reqwest", "chrono", "rocksdb",
    "tracing-subscriber", "rayon", "crossbeam-channel",
}


def metadata():
    out = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--locked"], check=True, capture_output=True, text=True
    )
    return json.loads(out.stdout)


def main():
    data = metadata()
    root = pathlib.Path(data["workspace_root"])
    packages = {p["id"]: p for p in data["packages"]}
    members = {i: packages[i] for i in data["workspace_members"]}
    names = {p["name"] for p in members.values()}
    folder = {p["name"]: str(pathlib.Path(p["manifest_path"]).parent.relative_to(root)) for p in members.values()}
    failures = []

    def short(name):
        return name.removeprefix("palisade-")

    for package in members.values():
        name = short(package["name"])
        if not package["name"].startswith("palisade-"):
            failures.append(f"{package['name']}: a member's name starts with `palisade-`")
        if name not in MAY_NAME:
            failures.append(f"{name}: not in the table of scripts/check-deps.py")
            continue
        in_runtime = folder[package["name"]].split("/")[0] == "runtime"
        for dep in package["dependencies"]:
            if dep["name"] not in names:
                continue
            target = short(dep["name"])
            if dep["kind"] == "dev":
                if in_runtime and folder[dep["name"]].split("/")[0] == "node":
                    failures.append(f"{name}: nothing under runtime/ dev-depends on node/ ({target})")
                continue
            if target not in MAY_NAME[name]:
                failures.append(f"{name} may not name {target}")
            if name in {"runtime", "testing", "genesis"} and target == "proto" and dep["features"]:
                failures.append(f"{name} names proto with {dep['features']}: the runtime takes messages only")
        manifest = pathlib.Path(package["manifest_path"]).read_text()
        if "[lints]\nworkspace = true" not in manifest:
            failures.append(f"{name}: Cargo.toml lacks `[lints] workspace = true`")

    # What the crates under runtime/ reach, by normal edges, at any depth.
    nodes = {n["id"]: n for n in data["resolve"]["nodes"]}
    for package in members.values():
        where = folder[package["name"]]
        if where.split("/")[0] != "runtime":
            continue
        seen, todo = set(), [package["id"]]
        while todo:
            here = todo.pop()
            if here in seen:
                continue
            seen.add(here)
            # Cargo resolves the whole workspace with one set of features. What `proto` has only with `grpc` is not
            # reached from here: the rule above refuses that feature.
            optional = {d["name"] for d in packages[here]["dependencies"] if d["optional"] and here in members}
            for dep in nodes[here]["deps"]:
                gated = packages[dep["pkg"]]["name"] in optional
                if not gated and any(kind["kind"] is None for kind in dep["dep_kinds"]):
                    todo.append(dep["pkg"])
        reached = {packages[i]["name"] for i in seen} & BANNED_BELOW_RUNTIME
        for banned in sorted(reached):
            failures.append(f"{short(package['name'])} reaches {banned}, which has no place under runtime/")
        direct = {d["name"] for d in package["dependencies"] if d["kind"] is None}
        if where != "runtime" and where != "runtime/testing" and direct & {"prost", "palisade-proto"}:
            failures.append(f"{short(package['name'])}: protobuf only in runtime/src/wire")

    for file in sorted((root / "runtime" / "src").rglob("*.rs")):
        text = file.read_text()
        inside = "wire" in file.relative_to(root / "runtime" / "src").parts or file.name == "wire.rs"
        if not inside and ("prost::" in text or "use proto" in text or " proto::" in text):
            failures.append(f"{file.relative_to(root)}: protobuf only in runtime/src/wire")

    for failure in failures:
        print(f"check-deps: {failure}", file=sys.stderr)
    if failures:
        return 1
    print(f"check-deps: {len(members)} crates, every edge allowed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
