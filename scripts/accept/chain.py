"""Starting, stopping, dying and coming back."""

import time

from figure import Figure
from testnet import Testnet
from waiters import Waiters


def start(binary):
    """first block final on all four nodes; teardown; nothing left running"""
    testnet = Testnet(binary)
    cold = testnet.up()
    try:
        begun = time.monotonic()
        testnet.run("testnet", "down")
        down = time.monotonic() - begun
        left = len(testnet.processes())
        warm = testnet.up()
    finally:
        testnet.remove()
    return [
        Figure("start: four nodes have a final block", cold, "s", 3),
        Figure("start: again, on the chain that is there", warm, "s", 3),
        Figure("stop: teardown", down, "s", 1),
        Figure("stop: processes left", left, "", 0),
    ]


def light(binary):
    """submission to finality at 20 transfers a second"""
    with Testnet(binary) as testnet:
        measured = testnet.bench(20, 15)
    latency = measured["latency_ms"]
    return [
        Figure("light load: p50", latency["p50"], "ms", 100),
        Figure("light load: p95", latency["p95"], "ms"),
        Figure("light load: p99", latency["p99"], "ms"),
        Figure("light load: not finalized", measured["unfinalized"], "", 0),
    ]


def death(binary):
    """one of four dies under load and comes back; a partition of two and two"""
    with Testnet(binary) as testnet, Waiters(testnet) as waiters:
        testnet.until("transfers to be final", lambda: len(waiters.final) >= 20)
        testnet.kill("node2")
        seen, height = len(waiters.final), max(testnet.heights().values())
        testnet.until("the other three to go on", lambda: max(testnet.heights().values()) >= height + 10)
        testnet.until("transfers to be final with one dead", lambda: len(waiters.final) >= seen + 20)
        before = votes_by_validator(testnet, "node0")
        time.sleep(1)
        still = votes_by_validator(testnet, "node0")
        dead = [v for v in range(4) if still.get(v, 0) == before.get(v, 0)]
        own = [v for v in dead if before.get(v, 0) > 0]
        begun = time.monotonic()
        testnet.run("testnet", "node", "restart", "node2")
        testnet.until("the restarted node to vote", lambda: any(
            votes_by_validator(testnet, "node0").get(v, 0) > still.get(v, 0) for v in own))
        back = time.monotonic() - begun
        halted, healed = partition(testnet)
        waiters.stop()
        lost = len(waiters.lost())
        double = sum(testnet.total(node, "palisade_evidence_total") for node in testnet.nodes)
    return [
        Figure("one killed under load: restart to its next vote", back, "s", 5),
        Figure("2/2 partition: blocks final while it lasts", halted, "", 0),
        Figure("2/2 partition: heal to the next final block", healed, "s", 5),
        Figure("one killed, partition: finalized transfers lost", lost, "", 0),
        Figure("one killed, partition: double signs", double, "", 0),
    ]


def votes_by_validator(testnet, peer):
    """Votes that `peer` has had from each validator, by its place in the set."""
    found = {}
    for name, value in testnet.metrics(peer).items():
        if name.startswith("palisade_consensus_votes_total{"):
            index = int(name.split('validator="')[1].split('"')[0])
            found[index] = found.get(index, 0) + value
    return found


def partition(testnet):
    """Blocks final during ten seconds of a 2/2 partition once it bites; seconds from its end to the next one."""
    testnet.run("testnet", "fault", "partition", "0,1/2,3")
    time.sleep(3)
    before = max(testnet.heights().values())
    time.sleep(10)
    halted = max(testnet.heights().values()) - before
    begun = time.monotonic()
    testnet.run("testnet", "fault", "clear")
    testnet.until("finality after healing", lambda: min(testnet.heights().values()) > before + halted)
    return halted, time.monotonic() - begun


def kills(binary, cycles=20):
    """kill -9 of all four at once, twenty times under load (or as often as the number says)"""
    slowest = 0.0
    with Testnet(binary) as testnet, Waiters(testnet) as waiters:
        for _ in range(cycles):
            seen = len(waiters.final)
            testnet.until("transfers to be final", lambda: len(waiters.final) >= seen + 10)
            testnet.kill(*testnet.nodes)
            begun = time.monotonic()
            for node in testnet.nodes:
                testnet.run("testnet", "node", "restart", node)
            before = max(testnet.heights().values(), default=0)
            testnet.until("finality after all came back", lambda: all(
                h > before for h in testnet.heights().values()) and len(testnet.heights()) == 4)
            slowest = max(slowest, time.monotonic() - begun)
        waiters.stop()
        height = min(testnet.heights().values())
        different = sum(testnet.different_roots(h) for h in range(max(1, height - 20), height))
        lost, final = len(waiters.lost()), len(waiters.final)
        double = sum(testnet.total(node, "palisade_evidence_total") for node in testnet.nodes)
    return [
        Figure(f"{cycles} x all four killed: transfers seen final", final, ""),
        Figure(f"{cycles} x all four killed: of them lost", lost, "", 0),
        Figure(f"{cycles} x all four killed: double signs", double, "", 0),
        Figure(f"{cycles} x all four killed: heights with unequal roots", different, "", 0),
        Figure(f"{cycles} x all four killed: slowest way back to finality on all", slowest, "s"),
    ]
