"""Runs the checks that are asked for and prints their figures."""

import argparse
import json
import os
import platform
import sys
import time

import chain
import long
import speed
from figure import table

# What takes too long to be among everything: run by name.
LONG = {
    "soak": long.soak,
    "curve": long.curve,
}
CHECKS = {
    "start": chain.start,
    "light": chain.light,
    "death": chain.death,
    "kills": chain.kills,
    "sustained": speed.sustained,
    "peak": speed.peak,
    "dead": speed.one_dead,
    "profile": speed.profile,
}


def chosen(words, parser):
    """Pairs of a check's name and its number, if one follows: `kills 200`, `soak 30`."""
    every = CHECKS | LONG
    found = []
    for word in words:
        if word.isdecimal() and found and found[-1][1] is None:
            found[-1] = (found[-1][0], int(word))
        elif word in every:
            found.append((word, None))
        else:
            parser.error(f"no such check: {word}; there are: {', '.join(every)}")
    return found or [(name, None) for name in CHECKS]


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/accept.sh")
    parser.add_argument("binary", help=argparse.SUPPRESS)
    parser.add_argument("checks", nargs="*", metavar="CHECK", help="what to measure (all but the long ones); a number may follow: kills 200, soak 30")
    parser.add_argument("--list", action="store_true", help="say what can be measured")
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    asked = parser.parse_args()
    if asked.list:
        for name, check in (CHECKS | LONG).items():
            print(f"{name:10}  {check.__doc__}")
        return 0
    figures, failed = [], []
    load = os.getloadavg()[0]
    for name, number in chosen(asked.checks, parser):
        begun = time.monotonic()
        check = (CHECKS | LONG)[name]
        print(f"{name}: {check.__doc__} …", file=sys.stderr, flush=True)
        try:
            figures += check(asked.binary) if number is None else check(asked.binary, number)
        except Exception as error:  # a check that breaks fails, and the others still run
            failed.append(f"{name}: {error}")
        print(f"{name}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    print(f"{os.cpu_count()} cores, {platform.machine()}, load {load:.1f} at the start\n")
    print(table(figures))
    for line in failed:
        print(f"FAILED  {line}")
    if asked.json:
        with open(asked.json, "w") as f:
            json.dump([vars(figure) | {"holds": figure.holds} for figure in figures], f, indent=2)
    return 1 if failed or not all(figure.holds for figure in figures) else 0


sys.exit(main())
