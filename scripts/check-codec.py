#!/usr/bin/env python3
"""What is hashed or stored by consensus holds no `usize`, float, text or hash map.

Looks at every struct and enum under runtime/ and node/consensus that derives the canonical codec.
"""
import pathlib
import re
import sys

BANNED = re.compile(r"\b(usize|isize|f32|f64|String|HashMap|HashSet|char)\b")
DERIVE = re.compile(r"#\[derive\(([^)]*)\)\]", re.S)
CODEC = re.compile(r"\b(BorshSerialize|Encode)\b")
ITEM = re.compile(r"\b(?:struct|enum)\s+(\w+)")

# Type -> reason.
ALLOWED = {}


def body_of(text, start):
    """The item's text from `start` to its closing bracket or semicolon."""
    depth = 0
    for position in range(start, len(text)):
        c = text[position]
        if c in "{(":
            depth += 1
        elif c in "})":
            depth -= 1
            if depth == 0 and c == "}":
                return text[start:position]
        elif c == ";" and depth == 0:
            return text[start:position]
    return text[start:]


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    failures, seen = [], 0
    for top in ("runtime", "node/consensus"):
        for file in sorted((root / top).rglob("*.rs")):
            if "tests" in file.parts:
                continue
            text = "\n".join(line.split("//")[0] for line in file.read_text().splitlines())
            for derive in DERIVE.finditer(text):
                if not CODEC.search(derive.group(1)):
                    continue
                item = ITEM.search(text, derive.end())
                if not item:
                    continue
                seen += 1
                found = BANNED.search(body_of(text, item.start()))
                if found and item.group(1) not in ALLOWED:
                    failures.append(f"{file.relative_to(root)}: {item.group(1)} holds `{found.group(1)}`")
    for failure in failures:
        print(f"check-codec: {failure}, which has no canonical encoding", file=sys.stderr)
    if failures:
        return 1
    print(f"check-codec: {seen} encoded types, all canonical")
    return 0


if __name__ == "__main__":
    sys.exit(main())
