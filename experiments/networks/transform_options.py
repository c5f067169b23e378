"""Options of inputs that change: while training, after it, and of a run before."""

from dataclasses import dataclass
from typing import ClassVar

from experiments.networks.gamma_options import GammaOptions
from experiments.options import OptionError, flag, option

# "step" multiplies the input as "sin" does; "drive" comes to all units from outside.
TRANSFORMS = ("none", "sin", "step", "drive", "lin")
# What the published program tests under, one after the other.
PUBLISHED = ("none", "sin", "drive")
# Which of the numbers belong to which transform, and how many steps they are.
STEPS = {"step_length": ("step", "drive"), "lin_period": ("lin",)}


@dataclass(frozen=True)
class TransformOptions(GammaOptions):
    """Options of a task whose sequences may be transformed."""

    transform_ratio: float = option(
        0.0,
        "share of training batches under a sine of amplitude 0.2 and of a frequency "
        "drawn from [0, 2)",
        low=0,
        high=1,
    )
    transformed: bool = option(
        False,
        "also validate under a sine of a new frequency every epoch, and test under "
        "the transforms sin and drive",
        paired=True,
    )
    test: bool = option(
        False,
        "test the run in --out and leave it as it is; nothing is trained",
        role="test",
    )
    transform: str = option(
        "published",
        "with --test: what is done to the test sequences; published is none, sin and "
        "drive, one after the other",
        choices=("published", *TRANSFORMS),
        role="test",
    )
    checkpoint: int | None = option(
        None,
        "with --test: the epoch after which the network was kept (default: the model "
        "the run ended with, else the last checkpoint)",
        low=0,
        role="test",
    )
    sin_frequency: float = option(1.0, "sin: periods in a sequence", role="test")
    sin_phase: float = option(0.0, "sin: phase, in radians", role="test")
    sin_amplitude: float = option(0.5, "sin: amplitude", role="test")
    step_size: float = option(1.0, "step, drive: height", role="test")
    step_length: int = option(
        200, "step, drive: one more than the steps it lasts", low=2, role="test"
    )
    step_position: int = option(
        200, "step, drive: step that it follows on", low=0, role="test"
    )
    lin_period: int = option(
        50, "lin: steps from one zero to the next", low=1, role="test"
    )

    of_test: ClassVar[frozenset[str]] = frozenset(
        {
            *("test", "transform", "checkpoint"),
            *("sin_frequency", "sin_phase", "sin_amplitude"),
            *("step_size", "step_length", "step_position", "lin_period"),
        }
    )

    def __post_init__(self):
        super().__post_init__()
        for name, transforms in STEPS.items():
            used = not set(transforms).isdisjoint(self.transforms)
            if used and getattr(self, name) > self.longest:
                raise OptionError(
                    f"{flag(name)}: expected at most the {self.longest} steps of a "
                    f"sequence, received {getattr(self, name)}"
                )
        if self.step_position > self.longest - 2:
            raise OptionError(
                "--step-position: expected a step before the last of the "
                f"{self.longest} of a sequence, received {self.step_position}"
            )

    @property
    def transforms(self) -> tuple[str, ...]:
        """What a network is tested under."""
        return PUBLISHED if self.transform == "published" else (self.transform,)

    def remarks(self, given):
        yield from super().remarks(given)
        for name in ("transform", "checkpoint"):
            if name in given and not self.test:
                yield f"{flag(name)} has no effect without --test"
