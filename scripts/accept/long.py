"""What takes long, and is run by name."""

import re
import subprocess
import time

from figure import Figure
from testnet import Testnet

MEBIBYTE = 1 << 20
# Memory is looked at this often, in seconds.
LOOK = 30
# Half of what a testnet sustains, in transfers a second.
RATE = 2500


def slope(points) -> float:
    """Least squares through (x, y): how much y grows for one x."""
    count = len(points)
    mean_x, mean_y = (sum(p[i] for p in points) / count for i in (0, 1))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def memory(pid) -> float:
    """Resident mebibytes of a process."""
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(r"VmRSS:\s+(\d+) kB", f.read())[1]) / 1024


def descriptors(pid) -> int:
    return len(subprocess.run(["ls", f"/proc/{pid}/fd"], capture_output=True, text=True).stdout.split())


def soak(binary, minutes=30):
    """memory and descriptors of every node over half an hour at 2,500 transfers a second"""
    with Testnet(binary) as testnet:
        pids = {name: node["pid"] for name, node in testnet.status().items()}
        testnet.bench(RATE, 60)
        opened = {name: descriptors(pid) for name, pid in pids.items()}
        seen = {name: [] for name in pids}
        begun = time.monotonic()
        finalized = 0.0
        while time.monotonic() - begun < 60 * minutes:
            finalized = testnet.bench(RATE, LOOK)["finalized_per_second"]
            hours = (time.monotonic() - begun) / 3600
            for name, pid in pids.items():
                seen[name].append((hours, memory(pid)))
        # The database's page cache takes about twenty minutes of this load to fill.
        growth = max(slope(points[2 * len(points) // 3:]) for points in seen.values())
        largest = max(value for points in seen.values() for _, value in points)
        more = max(descriptors(pid) - opened[name] for name, pid in pids.items())
    return [
        Figure(f"soak of {minutes} min: growth of memory in its last third", growth, "MiB/h", 60),
        Figure(f"soak of {minutes} min: most memory of a node", largest, "MiB", 700),
        Figure(f"soak of {minutes} min: descriptors more than at first", more, "", 16),
        Figure(f"soak of {minutes} min: finalized a second at its end, of {RATE:,}", finalized, "tx/s", 0.95 * RATE, True),
    ]


def curve(_binary):
    """latency against the number of validators, in virtual time with signatures that cost what they cost here"""
    told = subprocess.run(
        ["cargo", "run", "--release", "--locked", "-p", "palisade-sim", "--example", "curve"],
        capture_output=True, text=True)
    if told.returncode != 0:
        raise RuntimeError(told.stderr[-2000:])
    print(told.stdout)
    figures = []
    for line in told.stdout.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] in ("50", "150"):
            bound = {"50": 400, "150": 600}[cells[0]]
            median = float(cells[1].removesuffix(" ms"))
            figures.append(Figure(f"{cells[0]} validators: finality at the median", median, "ms", bound))
    if not figures:
        raise RuntimeError("the curve has no line for 50 or 150 validators")
    return figures
