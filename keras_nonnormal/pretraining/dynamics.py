r"""States of cells, and the weights that move their radii, for local stability.

The default serves every Keras cell `call(inputs, states)`; one that has more to say,
such as an LSTM, whose forget gate carries its memory, gets a class of its own: those of
Keras and of this library are in `cell_dynamics` and `gated_dynamics`.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from keras_nonnormal.pretraining.variables import (
    as_array,
    assign,
    is_movable,
    multiply,
)

_REGISTERED: dict[str, type["Dynamics"]] = {}


def register_dynamics(*cell_classes: str):
    """Makes a subclass of `Dynamics` the one of cells of these class names.

    A cell's own class is looked up first, then those it is derived from.
    """

    def register(dynamics):
        for name in cell_classes:
            _REGISTERED[name] = dynamics
        return dynamics

    return register


def dynamics_of(cell: Any) -> "Dynamics":
    """The `Dynamics` of a cell."""
    for kind in type(cell).__mro__:
        if kind.__name__ in _REGISTERED:
            return _REGISTERED[kind.__name__](cell)
    return Dynamics(cell)


class Dynamics:
    r"""A cell whose output is its first state and whose matrices are plain variables.

    Args:
        cell: The built cell; `kernel` and `recurrent_kernel`, if it has them, are what
            is scaled, unless it says `takes_small_steps`.
    """

    recomputes_first = False
    """Whether the first state is not in `compact`, but computed from it."""

    def __init__(self, cell: Any):
        self.cell = cell

    def compact(self, states: list) -> tuple:
        """The states whose Jacobian is taken, of all states of the cell."""
        return tuple(states)

    def expand(self, compact: tuple, states: list) -> list:
        """All states of the cell; those not in `compact` as they are in `states`."""
        return list(compact)

    def output_slopes(self, inputs: Any, states: list, after: list) -> tuple:
        """The derivative of the output by each new compact state, elementwise.

        States are taken as independent sources: for an LSTM both $h$, which is the
        output, and $c$, through $h = o \\tanh c$. `None` stands for zero.
        """
        return (ops.ones_like(after[0]), *(None for _ in self.compact(after)[1:]))

    def output_map(
        self, inputs: Any, states: list, after: list, output: Any
    ) -> Callable[[tuple], Any] | None:
        """The output as a function of the new compact states.

        None if it is a function of none of them, or of another width than the slopes,
        which a class of its own would have to say more of. The output itself is then
        what stands for the layer.
        """
        slopes = self.output_slopes(inputs, states, after)
        at = self.compact(after)
        known = [slope for slope in slopes if slope is not None]
        if not known or any(s.shape[-1] != output.shape[-1] for s in known):
            return None

        def read(compact):
            value = output
            for slope, new, old in zip(slopes, compact, at, strict=True):
                if slope is not None:
                    value = value + slope * (new - old)
            return value

        return read

    @property
    def can_move_recurrent(self) -> bool:
        """Whether anything here changes the radius along time."""
        return any(map(is_movable, self._recurrent()))

    @property
    def can_move_inputs(self) -> bool:
        """Whether anything here changes the radius by which the input arrives."""
        return any(map(is_movable, self._inputs()))

    def move(self, recurrent: float, inputs: float, target: float, means: Any) -> None:
        """Moves the weights by the factors that the radii want.

        Args:
            recurrent: Factor wanted for the radius along time.
            inputs: Factor wanted for the radius by which the input arrives.
            target: Where the radius along time should go.
            means: Array `(features,)`, the mean input.
        """
        scale(self._inputs(), inputs)
        scale(self._recurrent(), recurrent)
        if self._saturates:
            self._recentre(np.asarray(means))

    def _inputs(self) -> list:
        return self._scaled("kernel")

    def _recurrent(self) -> list:
        return self._scaled("recurrent_kernel")

    def _scaled(self, name) -> list:
        # A small step from the state before: the radius is near 1 whatever the weights.
        takes_small_steps = getattr(self.cell, "takes_small_steps", False)
        variable = None if takes_small_steps else getattr(self.cell, name, None)
        return [v for v in (variable,) if is_movable(v)]

    @property
    def _saturates(self) -> bool:
        """Whether the one nonlinearity is a sigmoid, steep only around zero."""
        name = getattr(getattr(self.cell, "activation", None), "__name__", "")
        return name in ("sigmoid", "hard_sigmoid") and is_movable(self.cell.bias)

    def _recentre(self, means) -> None:
        """Puts the mean pre-activation at zero, where a mean output is one half."""
        kernel, matrix = map(as_array, (self.cell.kernel, self.cell.recurrent_kernel))
        total = np.atleast_2d(matrix).sum(axis=0)  # of a diagonal, its entries
        assign(self.cell.bias, -0.5 * total - means @ kernel)


def scale(variables: list, factor: float) -> None:
    """Multiplies variables in place, within their constraints."""
    for variable in variables:
        multiply(variable, factor)


def shift(bias: Any, part: slice, factor: float) -> None:
    """Adds the logarithm of a factor to a part of a bias, along its last axis."""
    value = as_array(bias)
    value[..., part] += math.log(factor) / (1 if value.ndim == 1 else len(value))
    assign(bias, value)
