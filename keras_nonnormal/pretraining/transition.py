"""The maps whose Jacobians local stability is about."""

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Transition:
    """One of the maps whose Jacobians local stability is about.

    Attributes:
        kind: `"rec"`, from the state of a layer to its next; `"enc"`, from the input to
            the lowest layer; `"depth"`, from a layer to the one above; `"dec"`, from
            the highest layer to the output.
        layer: Index of the upper layer; of the lower one for `"dec"`.
        name: Name of that layer.
        lower: For `"depth"`, index of the lower layer.
    """

    kind: str
    layer: int
    name: str
    lower: int | None = None

    @property
    def key(self) -> str:
        """The kind and the layer, `"rec/0"`; from which lower one if not the last."""
        if self.lower is None or self.lower == self.layer - 1:
            return f"{self.kind}/{self.layer}"
        return f"{self.kind}/{self.layer}from{self.lower}"


def sample_width(tensor: Any) -> int:
    """How many numbers a tensor `(batch, ...)` has for each sample."""
    return math.prod(int(size) for size in tensor.shape[1:])
