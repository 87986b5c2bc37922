#!/usr/bin/env python3
"""No file over 600 code lines, no lib.rs over 100, inline tests at most 150 lines.

Code lines are those that are neither blank nor comment, above a file's `#[cfg(test)] mod tests`.
"""
import pathlib
import subprocess
import sys

LIMIT, LIB_LIMIT, INLINE_TESTS = 600, 100, 150

# Path -> (limit, reason). Empty is best.
ALLOWED = {}


def code_lines(lines):
    return sum(1 for line in lines if line.strip() and not line.strip().startswith("//"))


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.rs", "*.py", "*.sh"],
        cwd=root, check=True, capture_output=True, text=True,
    ).stdout.split()
    failures, largest = [], (0, "")
    for name in listed:
        path = root / name
        if not path.exists():
            continue
        lines = path.read_text().splitlines()
        cut = len(lines)
        for number, line in enumerate(lines):
            following = lines[number + 1] if number + 1 < len(lines) else ""
            if line.startswith("#[cfg(test)]") and following.startswith("mod ") and following.endswith("{"):
                cut = number
                break
        code, tests = code_lines(lines[:cut]), len(lines) - cut
        limit, _ = ALLOWED.get(name, (LIB_LIMIT if path.name == "lib.rs" else LIMIT, ""))
        if code > limit:
            failures.append(f"{name}: {code} code lines where {limit} are allowed")
        if tests > INLINE_TESTS:
            failures.append(f"{name}: {tests} lines of inline tests where {INLINE_TESTS} are allowed: use tests.rs")
        largest = max(largest, (code, name))
    for name in ALLOWED:
        if name not in listed:
            failures.append(f"{name}: allowed an exception, but is gone")
    for failure in failures:
        print(f"check-size: {failure}", file=sys.stderr)
    if failures:
        return 1
    print(f"check-size: {len(listed)} files, the largest {largest[1]} with {largest[0]} code lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
