"""Which runs a worker trains at once."""

from collections.abc import Sequence

from experiments.packets import check_packet
from experiments.sweeps.plan import Planned, Unit


def units_of(runs: Sequence[Planned], size: int = 1) -> list[Unit]:
    """Units of work: single runs, or packets of runs that are trained in one program.

    Runs of one seed, which share their data, are put together.

    Args:
        runs: The runs.
        size: How many there are in a packet at most.

    Raises:
        OptionError: If they cannot be trained so.
    """
    if size == 1:
        return [(run,) for run in runs]
    kinds: dict[str, list[Planned]] = {}
    for run in sorted(runs, key=lambda run: run.options["seed"]):
        kinds.setdefault(run.shape, []).append(run)
    for kind in kinds.values():
        experiment, options = kind[0].experiment()
        check_packet(experiment, [options])
    return [
        tuple(kind[begin : begin + size])
        for kind in kinds.values()
        for begin in range(0, len(kind), size)
    ]
