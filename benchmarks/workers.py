"""Each peer in a process of its own, so that none disturbs another's timing."""

import multiprocessing as mp
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.peers import Problem, Train


class Worker:
    """A process that has one peer ready to train on one problem.

    Args:
        peer: A function such as those of `benchmarks.peers.PEERS`, importable by name.
        problem: What it trains on.

    Attributes:
        loss: Loss of the first training pass, which also compiled.
        memory: Largest resident size of that pass in MiB, beyond what the process held
            once its library had trained on a tiny problem.
    """

    def __init__(self, peer: Callable[[Problem], Train], problem: Problem):
        # Spawned, because no framework survives a fork.
        context = mp.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, peer, problem), daemon=True
        )
        self._process.start()
        theirs.close()
        self.loss, self.memory, self.versions = self._pipe.recv()

    def seconds(self) -> float:
        """Trains over all batches once and says how long it took."""
        self.begin()
        return self.end()

    def begin(self) -> None:
        """Begins to train over all batches once."""
        self._pipe.send("train")

    def end(self) -> float:
        """How long it took since `begin`, in seconds, once it is done."""
        return self._pipe.recv()

    def close(self) -> None:
        """Ends the process."""
        self._pipe.send(None)
        self._process.join()


def _serve(pipe, peer: Callable[[Problem], Train], problem: Problem) -> None:
    peer(replace(problem, length=2, batch=2, units=2, steps=1))()
    before = _high_water_mark()
    train = peer(problem)
    loss = train()
    pipe.send((loss, _high_water_mark() - before, _versions()))
    while pipe.recv():
        start = time.perf_counter()
        train()
        pipe.send(time.perf_counter() - start)


def _high_water_mark() -> float:
    """Largest resident size of this process so far, in MiB (Linux)."""
    # Not getrusage: there a process starts with its parent's mark.
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _versions() -> dict[str, str]:
    import sys

    names = ("keras", "tensorflow", "jax", "torch")
    return {n: sys.modules[n].__version__ for n in names if n in sys.modules}
