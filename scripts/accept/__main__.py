"""Runs the checks that are asked for and prints their figures."""

import argparse
import json
import os
import platform
import sys
import time

import chain
import speed
from figure import table

CHECKS = {
    "start": chain.start,
    "light": chain.light,
    "death": chain.death,
    "kills": chain.kills,
    "sustained": speed.sustained,
    "peak": speed.peak,
    "dead": speed.one_dead,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/accept.sh")
    parser.add_argument("binary", help=argparse.SUPPRESS)
    parser.add_argument("checks", nargs="*", metavar="CHECK", help="what to measure (all)")
    parser.add_argument("--list", action="store_true", help="say what can be measured")
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    asked = parser.parse_args()
    if asked.list:
        for name, check in CHECKS.items():
            print(f"{name:10}  {check.__doc__}")
        return 0
    unknown = [name for name in asked.checks if name not in CHECKS]
    if unknown:
        parser.error(f"no such check: {', '.join(unknown)}; there are: {', '.join(CHECKS)}")
    figures, failed = [], []
    load = os.getloadavg()[0]
    for name in asked.checks or CHECKS:
        begun = time.monotonic()
        print(f"{name}: {CHECKS[name].__doc__} …", file=sys.stderr, flush=True)
        try:
            figures += CHECKS[name](asked.binary)
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
