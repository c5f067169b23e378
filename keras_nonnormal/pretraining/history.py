"""The history of a pre-training, whatever moved the weights."""

from dataclasses import dataclass, field


@dataclass
class History:
    """Iterations of a pre-training, and how it ended.

    Attributes:
        iterations: A dict for each iteration. `"radii"`, the mean radius of every
            transition by key, and `"loss"`, the mean over transitions of the batch mean
            of (radius - target)^2, are in it if they are finite. Published procedures
            add whether the update was `"accepted"` and the weights were the `"best"`
            before, and more of their own.
        failures: Iterations whose radii or update were not finite; they were undone.
        best_mean: Mean radius for which a published procedure took the weights that the
            model has; None if they are those it began with.
        saves: How often it found weights better than all before.
        stopped: Whether the radii met its rule to stop.
    """

    iterations: list[dict] = field(default_factory=list)
    failures: int = 0
    best_mean: float | None = None
    saves: int = 0
    stopped: bool = False

    @property
    def radii(self) -> list[dict[str, float]]:
        """Mean radius of each transition, for every iteration that has them."""
        return [each["radii"] for each in self.iterations if "radii" in each]

    @property
    def losses(self) -> list[float]:
        """The loss of each of these iterations."""
        return [each["loss"] for each in self.iterations if "loss" in each]
