"""What a measurement or a pre-training found."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class StabilityReport:
    """Radii of the transitions of a model, before and after.

    Keys are a kind and the index of a layer, such as `"rec/0"`; kinds are `"rec"`
    (along time), `"enc"` (from the input), `"depth"` (from the layer below) and `"dec"`
    (to the output). Radii are means over frames and samples that the weights were not
    moved by: spectral radii, or largest singular values where a transition is not
    square.

    Attributes:
        names: Name of the layer of each key.
        targets: Target of each key.
        before: Radius of each key at the start.
        after: Radius of each key at the end; as `before` if nothing was moved.
        iterations: Mean radius of each key at every iteration.
        losses: Mean squared distance from the targets at every iteration.
        failures: Iterations rejected because a radius was not finite.
        fixed: Keys whose layer offers nothing that would change the radius, such as
            an orthogonal matrix along time.
        seconds: Wall time.
        loaded: Whether the weights were found in the store.
    """

    names: dict[str, str]
    targets: dict[str, float]
    before: dict[str, float]
    after: dict[str, float]
    iterations: list[dict[str, float]] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    failures: int = 0
    fixed: list[str] = field(default_factory=list)
    seconds: float = 0.0
    loaded: bool = False

    @property
    def mean_before(self) -> float:
        """Mean radius at the start; the decoder's is not in it, as published."""
        return _mean(self.before)

    @property
    def mean_after(self) -> float:
        """Mean radius at the end; the decoder's is not in it, as published."""
        return _mean(self.after)

    def kinds(self, when: str = "after") -> dict[str, float]:
        """Mean radius of each kind, `"before"` or `"after"`."""
        grouped: dict[str, list[float]] = {}
        for key, value in getattr(self, when).items():
            grouped.setdefault(key.split("/")[0], []).append(value)
        return {kind: sum(values) / len(values) for kind, values in grouped.items()}

    def as_dict(self) -> dict[str, Any]:
        """All of it in numbers, strings, lists and dicts."""
        return {
            **asdict(self),
            "mean_before": self.mean_before,
            "mean_after": self.mean_after,
        }

    def __str__(self):
        rows = [("transition", "layer", "target", "before", "after")]
        for key, target in self.targets.items():
            fixed = " (fixed)" if key in self.fixed else ""
            rows.append(
                (
                    key,
                    self.names[key],
                    f"{target:.3g}",
                    f"{self.before[key]:.3f}",
                    f"{self.after[key]:.3f}{fixed}",
                )
            )
        means = (f"{self.mean_before:.3f}", f"{self.mean_after:.3f}")
        rows.append(("mean without dec", "", "", *means))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(
                cell.ljust(width) for cell, width in zip(row, widths, strict=True)
            ).rstrip()
            for row in rows
        )


def _mean(radii):
    values = [value for key, value in radii.items() if not key.startswith("dec")]
    values = values or list(radii.values())
    return sum(values) / len(values)
