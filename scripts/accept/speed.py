"""How many transfers a second, and at what cost."""

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
