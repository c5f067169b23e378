from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_nonnormal.ensembles.stacked_layers import as_array


class MemberwiseOptimizer:
    """One update rule for stacks of variables, each member at a rate of its own.

    A member takes the steps that its own optimizer would take with its gradients alone:
    the joint norm by which gradients are clipped is of its own gradients.

    Args:
        optimizers: One Keras optimizer per member, alike but for their learning rates,
            built on the member's variables. Their state is copied, and goes back by
            `write_back`.
        variables: The stacks, `(members, ...)`, in the order of the members' variables.

    Raises:
        ValueError: If the optimizers differ in more than their learning rates, or have
            what acts on more than one member's step: weight decay, averages, clipping
            of single gradients, learning rate schedules or accumulation.
    """

    def __init__(self, optimizers: Sequence[Any], variables: Sequence[Any]):
        self.optimizers = list(optimizers)
        configs = [_without_rate(optimizer) for optimizer in optimizers]
        if any(config != configs[0] for config in configs):
            raise ValueError(
                "Expected optimizers that are alike but for their learning rates. "
                f"Received: {configs[0]} and others"
            )
        _check(optimizers[0])
        self.clip = optimizers[0].global_clipnorm
        kind: Any = type(optimizers[0])
        # A name of its own, or its variables are taken for those of the members.
        self._rule = kind.from_config({**optimizers[0].get_config(), "name": "members"})
        self._rule.build(list(variables))
        self.stacks = list(variables)
        rates = [as_array(optimizer.learning_rate) for optimizer in optimizers]
        self.rates = keras.Variable(rates, name="learning_rates", trainable=False)
        self._read()

    @property
    def variables(self) -> list:
        """The state of the rule, stacked, and the learning rates."""
        return [*self._rule.variables, self.rates]

    @property
    def iterations(self) -> Any:
        """The number of steps taken."""
        return self._rule.iterations

    def apply(self, gradients: Sequence[Any]) -> None:
        """Takes a step.

        Args:
            gradients: One tensor per variable, `(members, ...)`.
        """
        if self.clip is not None:
            gradients = _clipped(gradients, self.clip)
        for gradient, variable in zip(gradients, self.stacks, strict=True):
            rate = _along(ops.convert_to_tensor(self.rates), variable)
            self._rule.update_step(gradient, variable, rate)
        self._rule.iterations.assign_add(1)

    def halt(self, member: int) -> None:
        """Leaves the weights of a member as they are from now on."""
        rates = as_array(self.rates)
        rates[member] = 0.0
        self.rates.assign(rates)

    def write_back(self, member: int) -> None:
        """Gives the optimizer of a member the state that it has here."""
        optimizer = self.optimizers[member]
        for own, stack in self._pairs(optimizer):
            value = as_array(stack)
            own.assign(value[member] if value.ndim > len(own.shape) else value)

    def _read(self):
        columns = [self._pairs(optimizer) for optimizer in self.optimizers]
        for pairs in zip(*columns, strict=True):
            stack = pairs[0][1]
            values = [as_array(own) for own, _ in pairs]
            stacked = len(stack.shape) > values[0].ndim
            stack.assign(np.stack(values) if stacked else values[0])

    def _pairs(self, optimizer):
        """Pairs of variables, one of a member's optimizer and one of this rule."""
        pairs = zip(optimizer.variables, self._rule.variables, strict=True)
        rate = optimizer._learning_rate
        return [(own, stack) for own, stack in pairs if own is not rate]


def _without_rate(optimizer: Any) -> tuple:
    config = optimizer.get_config()
    return type(optimizer), {
        key: value
        for key, value in config.items()
        if key not in ("learning_rate", "name")
    }


def _check(optimizer: Any) -> None:
    beyond = {
        "weight_decay": optimizer.weight_decay,
        "clipnorm": optimizer.clipnorm,
        "use_ema": optimizer.use_ema,
        "gradient_accumulation_steps": optimizer.gradient_accumulation_steps,
        "loss_scale_factor": optimizer.loss_scale_factor,
        "a learning rate schedule": not hasattr(optimizer._learning_rate, "assign"),
    }
    for name, value in beyond.items():
        if value:
            raise ValueError(
                f"Expected an optimizer without {name} for many networks at once. "
                f"Received: {type(optimizer).__name__}"
            )
    if optimizer.clipvalue is not None:
        raise ValueError("Expected an optimizer without clipvalue for many networks")


def _clipped(gradients: Sequence[Any], most: float) -> list:
    """Gradients `(members, ...)`, cut to a joint norm of `most` for each member."""
    squares: list[Any] = [
        ops.sum(ops.square(ops.reshape(g, (g.shape[0], -1))), axis=-1)
        for g in gradients
    ]
    norm = ops.sqrt(sum(squares))
    scale = most / ops.maximum(norm, most)
    return [g * _along(scale, g) for g in gradients]


def _along(values: Any, like: Any) -> Any:
    """Numbers `(members,)`, reshaped to broadcast over a stack."""
    return ops.reshape(values, (-1, *(1 for _ in like.shape[1:])))
