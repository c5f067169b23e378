"""Workers of Ray: of this machine, or of a cluster.

https://docs.ray.io; only its core is used. Ray keeps the processes of tasks, and gives
a task whose process dies to another one.
"""

import logging
import os
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.core.options import OptionError
from experiments.sweeps.pool import (
    MOST_TRIES,
    SECONDS_PER_TICK,
    UNITS_PER_WORKER,
    Died,
    Ended,
    Event,
    Started,
    Tick,
)


def check_ray() -> None:
    """Refuses to go on without Ray.

    Raises:
        OptionError: If it is not installed.
    """
    import importlib.util

    if importlib.util.find_spec("ray") is None:
        raise OptionError(
            "--executor: Ray is not installed; pip install -e '.[sweep]', or use "
            "--executor process"
        )


def run_on_ray(
    units: Sequence[Any],
    work: Callable[[Any], Any],
    workers: int | None,
    environment: Mapping[str, str],
    address: str | None = None,
    gpus: float = 0.0,
) -> Generator[Event, None, None]:
    """Has units of work done by tasks of Ray, and says what happens.

    Args:
        units: The units, which can be pickled.
        work: A function of a unit that can be imported by name.
        workers: How many units at a time; None for as many as there are CPUs.
        environment: What is added to the environment of the processes.
        address: Of a cluster; None starts Ray on this machine.
        gpus: The share of a GPU for each unit.

    Yields:
        Events as they happen.

    Raises:
        OptionError: If there is no such cluster.
    """
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray
    import ray.exceptions

    root = Path(__file__).parents[2]
    path = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
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
    task: Any = ray.remote(
        num_cpus=1,
        num_gpus=gpus,
        max_calls=UNITS_PER_WORKER,
        max_retries=MOST_TRIES - 1,
    )(_done)
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
            yield Tick()
    finally:
        ray.shutdown()


def _done(work: Callable[[Any], Any], unit: Any) -> Any:
    return work(unit)
