"""A testnet of real processes, driven through the command line as its users do."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request

PATIENCE = 60.0


class Testnet:
    """Starts a testnet in a folder of its own and removes it at the end."""

    def __init__(self, binary: str, *flags: str):
        self.binary = os.path.abspath(binary)
        self.flags = flags
        self.folder = tempfile.mkdtemp(prefix="palisade-accept-")
        self.facts = {}

    def __enter__(self) -> "Testnet":
        self.up()
        return self

    def __exit__(self, *_) -> None:
        self.remove()

    def remove(self) -> None:
        """Stops every process and deletes the folder."""
        subprocess.run([self.binary, "testnet", "rm", "--yes"], cwd=self.folder, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def up(self) -> float:
        """Starts it; seconds until every node had a final block."""
        start = time.monotonic()
        told = self.run("testnet", "up", "--detach", "--wait", "finalized", "--keep-going", "--json", *self.flags)
        seconds = time.monotonic() - start
        self.facts = json.loads(told)
        return seconds

    def run(self, *arguments: str) -> str:
        """What a command that must succeed prints."""
        done = self.tried(*arguments)
        if done.returncode != 0:
            raise RuntimeError(f"palisade {' '.join(arguments)}: exit {done.returncode}: {done.stderr}{done.stdout}")
        return done.stdout

    def tried(self, *arguments: str) -> subprocess.CompletedProcess:
        """A command that may fail."""
        return subprocess.run([self.binary, *arguments], cwd=self.folder, capture_output=True, text=True)

    def json(self, *arguments: str):
        return json.loads(self.run(*arguments, "-o", "json"))

    @property
    def nodes(self) -> list:
        return [node["name"] for node in self.facts["nodes"]]

    def url(self, node: str) -> str:
        return next(n["grpc"] for n in self.facts["nodes"] if n["name"] == node)

    def status(self) -> dict:
        return {node["name"]: node for node in self.json("testnet", "status")["nodes"]}

    def heights(self) -> dict:
        """Finalized height of every node that runs."""
        return {
            name: int(node["finalized_height"] or 0) for name, node in self.status().items() if node["running"]
        }

    def until(self, what: str, done, patience: float = PATIENCE) -> float:
        """Seconds until `done()`."""
        start = time.monotonic()
        while not done():
            if time.monotonic() - start > patience:
                raise RuntimeError(f"waited {patience:.0f} s in vain for {what}: {self.status()}")
            time.sleep(0.02)
        return time.monotonic() - start

    def kill(self, *names: str) -> None:
        """kill -9 of these nodes' processes, all at once."""
        status = self.status()
        for name in names:
            os.kill(int(status[name]["pid"]), signal.SIGKILL)

    def metrics(self, node: str) -> dict:
        """Every sample of a node's metrics page by its name with labels."""
        address = next(n["metrics"] for n in self.facts["nodes"] if n["name"] == node)
        page = urllib.request.urlopen(address.rstrip("/") + "/metrics", timeout=5).read().decode()
        return {m[1]: float(m[2]) for m in re.finditer(r"^(palisade_[^\s{]+(?:\{[^}]*\})?) (\S+)$", page, re.M)}

    def total(self, node: str, prefix: str) -> float:
        """The sum of a metric's samples over its labels."""
        return sum(value for name, value in self.metrics(node).items() if name.startswith(prefix))

    def block(self, node: str, height: int) -> dict:
        return self.json("query", "block", str(height), "--node", self.url(node))

    def different_roots(self, height: int) -> int:
        """How many distinct (hash, state root) pairs the nodes give for a height, less one."""
        found = {(b["hash"], b["state_root"]) for b in (self.block(node, height) for node in self.nodes)}
        return len(found) - 1

    def bench(self, rate: int, seconds: int) -> dict:
        return self.json("testnet", "bench", "--rate", str(rate), "--duration", f"{seconds}s")

    def processes(self) -> list:
        """Processes that have this testnet's folder or program in their command line."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as f:
                    line = f.read().replace(b"\0", b" ").decode(errors="replace")
                with open(f"/proc/{pid}/stat") as f:
                    ended = ") Z " in f.read()
            except OSError:
                continue
            if self.folder in line and not ended and int(pid) != os.getpid():
                found.append((int(pid), line))
        return found
