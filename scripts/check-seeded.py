#!/usr/bin/env python3
"""Every seeded bug (node/sim/seeded) still applies to the tree, names a test that exists, and is in the table."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "node/docs/seeded-bugs.md"
TESTS = ROOT / "node/sim/tests/it"


def faults(patch: pathlib.Path, table: str, tests: dict[str, str]) -> list[str]:
    text = patch.read_text()
    found = []
    named = re.search(r"^Caught-by: (\w+)::(\w*)$", text, re.M)
    if not re.search(r"^Defect: \S", text, re.M) or not named:
        return ["has no `Defect:` or no `Caught-by: module::test`"]
    module, test = named.groups()
    if f"fn {test}" not in tests.get(module, ""):
        found.append(f"names the test {module}::{test}, which is not in node/sim/tests/it")
    if f"| `{patch.stem}` |" not in table:
        found.append("is not in node/docs/seeded-bugs.md")
    checked = subprocess.run(
        ["git", "apply", "--check", str(patch)], cwd=ROOT, capture_output=True, text=True
    )
    if checked.returncode != 0:
        found.append(f"does not apply any more: write it anew ({checked.stderr.strip().splitlines()[0]})")
    return found


def main() -> int:
    table = TABLE.read_text()
    tests = {path.stem: path.read_text() for path in TESTS.glob("*.rs")}
    patches = sorted((ROOT / "node/sim/seeded").glob("*.patch"))
    wrong = [f"{patch.name} {fault}" for patch in patches for fault in faults(patch, table, tests)]
    listed = set(re.findall(r"^\| `([\w-]+)` \|", table, re.M))
    wrong += [f"{name} is in the table and has no patch" for name in sorted(listed - {p.stem for p in patches})]
    for line in wrong:
        print(f"check-seeded: {line}", file=sys.stderr)
    if not wrong:
        print(f"check-seeded: {len(patches)} seeded bugs apply")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
