"""Options that some of the tasks share."""

from dataclasses import dataclass

from experiments.networks.gamma_options import GammaOptions
from experiments.options import OptionError, option


@dataclass(frozen=True)
class UpdateOptions(GammaOptions):
    """Options of the tasks that draw fresh sequences for every update."""

    updates: int | None = option(1500, "updates in all", low=1, role="length")
    log_interval: int = option(
        20, "updates per row of metrics and per checkpoint, at most", low=1
    )

    @property
    def updates_per_epoch(self) -> int:
        """Updates per row of metrics: a divisor of all."""
        updates = self.updates or 1
        most = min(self.log_interval, updates)
        return next(d for d in range(most, 0, -1) if updates % d == 0)

    @property
    def epochs(self) -> int:
        """Rows of metrics in all."""
        return (self.updates or 1) // self.updates_per_epoch


@dataclass(frozen=True)
class RoundOptions(GammaOptions):
    """Options of the tasks that are tested."""

    rounds: int = option(
        1,
        "runs, with seeds from --seed upwards, each in a folder of its own; the means "
        "of their test results are reported",
        low=1,
        role="seed",
    )

    def __post_init__(self):
        super().__post_init__()
        if self.seed + self.rounds > 2**32:
            raise OptionError(
                f"--rounds: expected seeds below {2**32}, received {self.rounds} from "
                f"--seed {self.seed} upwards"
            )
