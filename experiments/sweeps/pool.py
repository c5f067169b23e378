"""Workers that are processes of this machine, by the standard library alone.

The pool of `concurrent.futures` is broken for good when one of its processes dies.
"""

import contextlib
import functools
import multiprocessing as mp
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Any

# A unit whose worker dies as often is not given out again.
MOST_TRIES = 3


@dataclass(frozen=True)
class Started:
    """A worker begins with a unit, for the first time or again."""

    unit: Any


@dataclass(frozen=True)
class Ended:
    """A worker has done a unit, with this result."""

    unit: Any
    result: Any


@dataclass(frozen=True)
class Died:
    """The workers that had a unit died, the last one in this way."""

    unit: Any
    how: str


@dataclass(frozen=True)
class Tick:
    """Some time has passed."""


Event = Started | Ended | Died | Tick
# Has a function of units of work done by workers.
Execute = Callable[[Sequence[Any], Callable[[Any], Any]], Generator[Event, None, None]]
# After so many units a worker is replaced: TensorFlow keeps 25 MB of every model.
UNITS_PER_WORKER = 20
SECONDS_PER_TICK = 1.0


def environment(gpu: bool = False) -> dict[str, str]:
    """The environment of a worker before TensorFlow is loaded.

    One thread for each: with as many workers as there are cores, more are slower.

    Args:
        gpu: Whether workers may see a GPU, of which they then take what they need.
    """
    threads = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    settings = dict.fromkeys(threads, "1")
    settings |= {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
    settings["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"
    return settings if gpu else {**settings, "CUDA_VISIBLE_DEVICES": ""}


def worker_environment(number: int, gpus: float) -> dict[str, str]:
    """The environment of a worker that has a share of a GPU, with others that fit.

    Args:
        number: The number of the worker.
        gpus: The share.
    """
    settings = environment(gpu=gpus > 0)
    if gpus:
        names = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")
        place = int(number * gpus + 1e-9)
        settings["CUDA_VISIBLE_DEVICES"] = names[place % len(names)]
    return settings


def run_in_processes(
    units: Sequence[Any],
    work: Callable[[Any], Any],
    workers: int,
    environments: Callable[[int], Mapping[str, str]],
) -> Generator[Event, None, None]:
    """Has units of work done by processes that stay alive, and says what happens.

    A unit whose worker dies is given to a new one.

    Args:
        units: The units, which can be pickled.
        work: A function of a unit that can be imported by name.
        workers: How many processes.
        environments: Maps the number of a worker to what is added to its environment.

    Yields:
        Events as they happen. Closing the generator ends the workers at once.
    """
    waiting = deque((unit, 1) for unit in units)
    pool: list[_Worker] = []
    try:
        while waiting or any(each.unit is not None for each in pool):
            for number in range(workers):
                if number == len(pool) and waiting:
                    pool.append(_Worker(work, environments(number)))
                if waiting and pool[number].unit is None:
                    if pool[number].worn:
                        pool[number].end()
                        pool[number] = _Worker(work, environments(number))
                    yield Started(pool[number].give(*waiting.popleft()))
            busy = [each for each in pool if each.unit is not None]
            ready = wait([each.pipe for each in busy], SECONDS_PER_TICK)
            for worker in (each for each in busy if each.pipe in ready):
                unit, tries = worker.unit, worker.tries
                try:
                    yield Ended(unit, worker.take())
                except EOFError:
                    number = pool.index(worker)
                    how = worker.how_it_ended()
                    pool[number] = _Worker(work, environments(number))
                    if tries < MOST_TRIES:
                        waiting.appendleft((unit, tries + 1))
                    else:
                        yield Died(unit, how)
            yield Tick()
        for worker in pool:
            worker.end()
    finally:
        for worker in pool:
            worker.kill()


class _Worker:
    def __init__(self, work: Callable[[Any], Any], environment: Mapping[str, str]):
        context = mp.get_context("spawn")  # TensorFlow does not survive a fork
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, dict(environment), work), daemon=True
        )
        self._process.start()
        theirs.close()
        self.unit, self.tries, self._given = None, 0, 0

    @property
    def worn(self) -> bool:
        """Whether it is time for another one."""
        return self._given >= UNITS_PER_WORKER

    def give(self, unit: Any, tries: int) -> Any:
        self.unit, self.tries = unit, tries
        self._given += 1
        with contextlib.suppress(OSError):  # it died; `take` will say so
            self.pipe.send(unit)
        return unit

    def take(self) -> Any:
        try:
            result = self.pipe.recv()
        except OSError as error:
            raise EOFError from error
        self.unit = None
        return result

    def how_it_ended(self) -> str:
        self._process.join()
        code = self._process.exitcode or 0
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def end(self) -> None:
        with contextlib.suppress(OSError):
            self.pipe.send(None)
        self._process.join()
        self.pipe.close()

    def kill(self) -> None:
        self._process.kill()
        self._process.join()


def _serve(pipe, environment: dict[str, str], work: Callable[[Any], Any]) -> None:
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's to handle
    threading.Thread(target=_die_with_parent, daemon=True).start()
    for unit in iter(functools.partial(_next, pipe), None):
        pipe.send(work(unit))


def _next(pipe) -> Any:
    try:
        return pipe.recv()
    except EOFError:  # there is no driver any more
        return None


def _die_with_parent() -> None:
    """A driver that is killed takes its workers along: no run is trained twice."""
    parent = mp.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
