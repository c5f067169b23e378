"""The report of a measurement or a pre-training."""

from dataclasses import dataclass, field, fields
from typing import Any

from keras_nonnormal.pretraining.history import History


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
        history: The `History` of the iterations.
        fixed: Keys whose layer offers nothing that would change the radius, such as
            an orthogonal matrix along time.
        seconds: Wall time.
        loaded: Whether the weights were found in the store.
    """

    names: dict[str, str]
    targets: dict[str, float]
    before: dict[str, float]
    after: dict[str, float]
    history: History = field(default_factory=History)
    fixed: list[str] = field(default_factory=list)
    seconds: float = 0.0
    loaded: bool = False

    @property
    def iterations(self) -> list[dict[str, float]]:
        """Mean radius of each key at every iteration."""
        return self.history.radii

    @property
    def losses(self) -> list[float]:
        """Mean squared distance from the targets at every iteration."""
        return self.history.losses

    @property
    def failures(self) -> int:
        """Iterations rejected because a radius was not finite."""
        return self.history.failures

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
        """The report in numbers, strings, lists and dicts."""
        own = {f.name: getattr(self, f.name) for f in fields(self)}
        del own["history"]
        return {
            **own,
            **{name: getattr(self, name) for name in _OF_HISTORY},
            "mean_before": self.mean_before,
            "mean_after": self.mean_after,
        }

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> "StabilityReport":
        """A report from what `as_dict` gave.

        Raises:
            KeyError: If something of a report is missing.
        """
        radii, losses, failures = (content[name] for name in _OF_HISTORY)
        iterations = [
            {"radii": found, "loss": loss}
            for found, loss in zip(radii, losses, strict=True)
        ]
        history = History(iterations, failures)
        own = {f.name: content[f.name] for f in fields(cls) if f.name != "history"}
        return cls(**own, history=history)

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


_OF_HISTORY = ("iterations", "losses", "failures")


def _mean(radii):
    values = [value for key, value in radii.items() if not key.startswith("dec")]
    values = values or list(radii.values())
    return sum(values) / len(values)
