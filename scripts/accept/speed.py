"""How many transfers a second, and at what cost."""

import os

from figure import Figure
from testnet import Testnet

MEBIBYTE = 1 << 20


def highest_rate(testnet, rates, seconds):
    """The measurement of the highest rate that was finalized in full, and of the one before."""
    best = None
    for rate in rates:
        measured = testnet.bench(rate, seconds)
        if measured["finalized_per_second"] < 0.95 * rate:
            break
        best = measured
    return best


def sustained(binary):
    """signed, executed, root-committed, fsynced transfers over 30 s, at 5,000 a second"""
    with Testnet(binary) as testnet:
        measured = testnet.bench(5000, 30)
    latency = measured["latency_ms"]
    memory = max(node["rss_bytes"] for node in measured["nodes"]) / MEBIBYTE
    return [
        Figure("sustained: finalized a second, of 5,000", measured["finalized_per_second"], "tx/s", 4950, True),
        Figure("sustained: p95", latency["p95"], "ms", 1500),
        Figure("sustained: memory of a node after it", memory, "MiB", 700),
    ]


def peak(binary):
    """the highest rate that is finalized in full over ten seconds"""
    with Testnet(binary) as testnet:
        best = highest_rate(testnet, [6000, 8000, 10000, 12000, 14000, 16000], 10)
    reached = best["finalized_per_second"] if best else 0
    return [Figure("peak: finalized a second, all of what was asked", reached, "tx/s")]


def one_dead(binary):
    """the same with one of four dead"""
    with Testnet(binary) as testnet:
        whole = testnet.bench(3000, 15)
        quiet = testnet.bench(20, 10)
        testnet.kill("node3")
        testnet.until("the supervisor to see it", lambda: not testnet.status()["node3"]["running"])
        part = testnet.bench(3000, 15)
        alone = testnet.bench(20, 10)
    share = 100 * part["finalized_per_second"] / whole["finalized_per_second"]
    slower = alone["latency_ms"]["p50"] / quiet["latency_ms"]["p50"]
    return [
        Figure("one of four dead: share of 3,000 tx/s kept", share, "%", 60, True),
        Figure("one of four dead: light p50 against all alive", slower, "x", 2),
    ]


def threads(pid):
    """Seconds of CPU that each kind of thread of a process has used."""
    ticks = os.sysconf("SC_CLK_TCK")
    used = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/stat") as f:
                stat = f.read()
        except OSError:
            continue
        name = stat[stat.index("(") + 1:stat.rindex(")")]
        fields = stat[stat.rindex(")") + 2:].split()
        used[name] = used.get(name, 0.0) + (int(fields[11]) + int(fields[12])) / ticks
    return used


def profile(binary):
    """what a node's processor time goes to at 6,000 transfers a second, by thread"""
    with Testnet(binary) as testnet:
        testnet.bench(1000, 5)
        pid = testnet.status()["node1"]["pid"]
        before = threads(pid)
        measured = testnet.bench(6000, 15)
        spent = {name: used - before.get(name, 0.0) for name, used in threads(pid).items()}
    total = sum(spent.values()) or 1.0
    figures = [
        Figure("profile: finalized a second, of 6,000", measured["finalized_per_second"], "tx/s"),
        Figure("profile: processor time of a node for a thousand of them",
               1000 * 1000 * total / max(1.0, 15 * measured["finalized_per_second"]), "ms"),
    ]
    for name, used in sorted(spent.items(), key=lambda one: -one[1])[:8]:
        figures.append(Figure(f"profile: {name}", 100 * used / total, "%"))
    return figures
