"""Users who send transfers one after the other and remember which they saw final."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

NAMES = ["alice", "bob", "carol", "dave", "erin", "frank"]


class Waiters:
    """A thread for each account; every transfer is a run of `palisade tx send … --wait`."""

    def __init__(self, testnet):
        self.testnet = testnet
        self.final = []
        self.attempts = 0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(i,), daemon=True) for i in range(len(NAMES))]

    def __enter__(self) -> "Waiters":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def stop(self) -> None:
        """No more transfers; waits for those under way."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _send(self, index: int) -> None:
        sender, receiver = NAMES[index], NAMES[(index + 1) % len(NAMES)]
        nodes = itertools.cycle(self.testnet.nodes[index % 4 :] + self.testnet.nodes[: index % 4])
        while not self._stop.is_set():
            node = self.testnet.url(next(nodes))
            self.attempts += 1
            done = self.testnet.tried(
                "tx", "send", sender, receiver, "1pal", "--wait=finalized", "--yes", "-q", "--node", node
            )
            # When the node is dead, nobody knows what became of the transfer, and nobody was told that it is final.
            if done.returncode == 0:
                self.final.append(done.stdout.strip())
            self._stop.wait(0.2)

    def lost(self) -> list:
        """Transfers that were seen final and that some node no longer finds."""
        def missing(numbered) -> bool:
            index, identity = numbered
            node = self.testnet.url(self.testnet.nodes[index % 4])
            done = self.testnet.tried("query", "tx", identity, "--node", node, "-o", "json")
            return done.returncode != 0 or identity not in done.stdout

        with ThreadPoolExecutor(4) as pool:
            return [i for i, gone in zip(self.final, pool.map(missing, enumerate(self.final))) if gone]
