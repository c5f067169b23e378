"""Puts the parts of a sweep together: units of work, a back end, what is shown."""

import functools
import os
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any

from experiments.options import OptionError
from experiments.sweeps.events import Died, Ended, Event, Started
from experiments.sweeps.on_ray import check_ray, run_on_ray
from experiments.sweeps.outcomes import FAILED, REFUSED, Outcome
from experiments.sweeps.processes import run_in_processes
from experiments.sweeps.progress import Progress
from experiments.sweeps.worker import environment

# Has a function of units of work done by workers.
Execute = Callable[[Sequence[Any], Callable[[Any], Any]], Generator[Event, None, None]]


def executor(options) -> Execute:
    """The back end that options of a sweep ask for.

    Raises:
        OptionError: If it is not installed.
    """
    gpus = options.gpus_per_run
    if options.executor == "process":
        environments = functools.partial(worker_environment, gpus=gpus)
        return lambda units, work: run_in_processes(
            units, work, options.workers, environments
        )
    check_ray()
    return lambda units, work: run_on_ray(
        units, work, options.workers, environment(gpus > 0), options.address, gpus
    )


def drive(events: Iterable[Event], progress: Progress) -> None:
    """Follows the training of units of work to its end.

    Args:
        events: What a back end tells.
        progress: Where it is shown.

    Raises:
        OptionError: If a run cannot be trained for want of data or of a device, which
            is so for others, too.
    """
    for event in events:
        if isinstance(event, Started):
            progress.started(event.unit)
        elif isinstance(event, Ended):
            for outcome in event.result:
                if outcome.state == REFUSED:
                    raise OptionError(outcome.message)
            progress.ended(event.unit, event.result)
        elif isinstance(event, Died):
            died = Outcome(FAILED, message=f"its workers died ({event.how})")
            progress.ended(event.unit, [died] * len(event.unit))
        else:
            progress.show()


def worker_environment(number: int, gpus: float) -> dict[str, str]:
    """That of a worker: with a GPU of which as many others have a share as can."""
    settings = environment(gpu=gpus > 0)
    if gpus:
        names = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")
        place = int(number * gpus + 1e-9)
        settings["CUDA_VISIBLE_DEVICES"] = names[place % len(names)]
    return settings
