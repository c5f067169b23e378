"""Workers: processes of this machine, or of Ray, of this machine or of a cluster.

The former need the standard library alone; the pool of `concurrent.futures` is broken
for good when one of its processes dies. Of Ray, https://docs.ray.io, only the core is
used, which keeps the processes of tasks and gives a task whose process dies to another.
"""

import contextlib
import importlib.util
import logging
import multiprocessing as mp
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from experiments.core.options import OptionError

# A unit whose worker dies as often is not given out again.
MOST_TRIES = 3
# After so many units a worker is replaced: TensorFlow keeps 25 MB of every model.
UNITS_PER_WORKER = 20
SECONDS_PER_TICK = 1.0


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


# What happens; None if nothing has for `SECONDS_PER_TICK`, or now and then.
Events = Generator[Started | Ended | Died | None, None, None]
Work = Callable[[Any], Any]  # of a unit, imported by its name
# Has units of work done by workers.
Execute = Callable[[Sequence[Any], Work], Events]


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
    """The environment of a worker, by its number, with a share of a GPU or none."""
    settings = environment(gpu=gpus > 0)
    if gpus:
        names = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")
        place = int(number * gpus + 1e-9)
        settings["CUDA_VISIBLE_DEVICES"] = names[place % len(names)]
    return settings


def run_in_processes(
    units: Sequence[Any],
    work: Work,
    workers: int,
    environments: Callable[[int], Mapping[str, str]],
) -> Events:
    """Has units of work done by processes that stay alive, and says what happens.

    A unit whose worker dies is given to a new one. Closing the generator ends the
    workers at once.

    Args:
        units: The units, which can be pickled.
        work: What is done with each.
        workers: How many processes.
        environments: Maps the number of a worker to what is added to its environment.
    """
    waiting = deque((unit, 1) for unit in units)
    pool: list[_Worker] = []
    try:
        while waiting or any(each.unit is not None for each in pool):
            for number in range(workers):
                if number == len(pool) and waiting:
                    pool.append(_Worker(work, environments(number)))
                if waiting and pool[number].unit is None:
                    if pool[number].given >= UNITS_PER_WORKER:
                        pool[number].end()
                        pool[number] = _Worker(work, environments(number))
                    yield Started(pool[number].give(*waiting.popleft()))
            busy = [each for each in pool if each.unit is not None]
            ready = wait([each.pipe for each in busy], SECONDS_PER_TICK)
            for worker in (each for each in busy if each.pipe in ready):
                unit, tries = worker.unit, worker.tries
                try:
                    yield Ended(unit, worker.take())
                except (EOFError, OSError):
                    number = pool.index(worker)
                    pool[number] = _Worker(work, environments(number))
                    if tries < MOST_TRIES:
                        waiting.appendleft((unit, tries + 1))
                    else:
                        yield Died(unit, worker.how_it_ended())
            yield None
        for worker in pool:
            worker.end()
    finally:
        for worker in pool:
            worker.process.kill()
            worker.process.join()


class _Worker:
    def __init__(self, work: Work, environment: Mapping[str, str]):
        context = mp.get_context("spawn")  # TensorFlow does not survive a fork
        self.pipe, theirs = context.Pipe()
        arguments = theirs, dict(environment), work
        self.process = context.Process(target=_serve, args=arguments, daemon=True)
        self.process.start()
        theirs.close()
        self.unit, self.tries, self.given = None, 0, 0

    def give(self, unit: Any, tries: int) -> Any:
        self.unit, self.tries = unit, tries
        self.given += 1
        with contextlib.suppress(OSError):  # it died; `take` will say so
            self.pipe.send(unit)
        return unit

    def take(self) -> Any:
        result = self.pipe.recv()
        self.unit = None
        return result

    def how_it_ended(self) -> str:
        self.process.join()
        code = self.process.exitcode or 0
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def end(self) -> None:
        with contextlib.suppress(OSError):
            self.pipe.send(None)
        self.process.join()
        self.pipe.close()


def _serve(pipe, environment: dict[str, str], work: Work) -> None:
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's to handle
    threading.Thread(target=_die_with_parent, daemon=True).start()
    with contextlib.suppress(EOFError):  # there is no driver any more
        for unit in iter(pipe.recv, None):
            pipe.send(work(unit))


def _die_with_parent() -> None:
    """A driver that is killed takes its workers along: no run is trained twice."""
    parent = mp.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


def check_ray() -> None:
    """Raises an `OptionError` if Ray is not installed."""
    if importlib.util.find_spec("ray") is None:
        raise OptionError(
            "--executor: Ray is not installed; pip install -e '.[sweep]', or use "
            "--executor process"
        )


def run_on_ray(
    units: Sequence[Any],
    work: Work,
    workers: int | None,
    environment: Mapping[str, str],
    address: str | None = None,
    gpus: float = 0.0,
) -> Events:
    """Has units of work done by tasks of Ray, and says what happens.

    Args:
        units: The units, which can be pickled.
        work: What is done with each.
        workers: How many units at a time; None for as many as there are CPUs.
        environment: What is added to the environment of the processes.
        address: Of a cluster; None starts Ray on this machine.
        gpus: The share of a GPU for each unit.

    Raises:
        OptionError: If there is no such cluster.
    """
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray
    import ray.exceptions

    root = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    local = {} if address else {"num_cpus": workers, "include_dashboard": False}
    try:
        ray.init(
            address=address,
            runtime_env={"env_vars": {**environment, "PYTHONPATH": path}},
            logging_level=logging.ERROR,
            log_to_driver=False,
            **local,
        )
    except (ConnectionError, ValueError) as error:
        what = str(error).splitlines()[0]
        raise OptionError(f"--address: cannot reach {address}: {what}") from error
    settings: Any = {"max_calls": UNITS_PER_WORKER, "max_retries": MOST_TRIES - 1}
    task: Any = ray.remote(num_cpus=1, num_gpus=gpus, **settings)(_done)
    most = workers or int(ray.cluster_resources().get("CPU", 1))
    waiting, pending = deque(units), {}
    try:
        while waiting or pending:
            while waiting and len(pending) < most:
                unit = waiting.popleft()
                pending[task.remote(work, unit)] = unit
                yield Started(unit)
            ready, _ = ray.wait([*pending], timeout=SECONDS_PER_TICK)
            for reference in ready:
                unit = pending.pop(reference)
                try:
                    yield Ended(unit, ray.get(reference))
                except ray.exceptions.RayError as error:
                    yield Died(unit, str(error).splitlines()[0])
            yield None
    finally:
        ray.shutdown()


def _done(work: Work, unit: Any) -> Any:
    return work(unit)
