import warnings
from collections.abc import Mapping
from fnmatch import fnmatchcase

import keras
from keras import ops


class GroupedOptimizer(keras.optimizers.Optimizer):
    r"""Base of the optimizers whose rate and decay may differ between variables.

    $$ g ← g + λ_n p, \qquad p ← p - η f_n u(g) $$

    for a variable $p$ of name $n$. Subclasses define the direction $u$; the gradient
    $g$ has been clipped before, all groups together. Since there is one
    `learning_rate` $η$, schedules and callbacks move the rates of all groups at once.

    The decay is that of PyTorch's classic rules: it is added to the gradient and runs
    through the optimizer's scaling like the gradient itself. The `weight_decay`
    argument of Keras is the decoupled form, which shrinks the variable directly; the
    two give different trajectories.

    Args:
        learning_rate: Float or `keras.optimizers.schedules.LearningRateSchedule`.
        coupled_weight_decay: $λ$, at least 0. A float is for all variables; a dict
            maps names to floats, and other variables do not decay. Variables named by
            `exclude_from_weight_decay()` never do.
        rate_factors: $f$: dict that maps names to floats, at least 0, or None. The
            factor of other variables is 1. A variable of factor 0 keeps its value, and
            its gradient has no part in the joint clipping.
        **kwargs: The arguments every Keras optimizer takes.

    The name of a variable is the last part of its `path`: `"bias"` stands for the
    biases of all layers. A name with a slash is a pattern for the last parts of a path:
    `"recurrent/*/bias"` is the bias of the cell in the layer `recurrent`. The first
    name that fits counts.
    """

    def __init__(
        self, learning_rate, coupled_weight_decay=0.0, rate_factors=None, **kwargs
    ):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.coupled_weight_decay = _check("coupled_weight_decay", coupled_weight_decay)
        self.rate_factors = _check("rate_factors", rate_factors or {})

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        paths = [variable.path for variable in variables]
        self._factors = _by_path("rate_factors", self.rate_factors, paths, 1.0)
        decay = self.coupled_weight_decay
        self._decays = (
            _by_path("coupled_weight_decay", decay, paths, 0.0)
            if isinstance(decay, Mapping)
            else [decay] * len(paths)
        )

    def _backend_apply_gradients(self, grads, trainable_variables):
        # Here, and not in `apply`, because it is the last place before the clipping.
        factors = [
            self._factors[self._get_variable_index(v)] for v in trainable_variables
        ]
        grads = [
            _dense(gradient, variable)
            if factor
            else ops.zeros(variable.shape, variable.dtype)
            for gradient, variable, factor in zip(
                grads, trainable_variables, factors, strict=True
            )
        ]
        super()._backend_apply_gradients(grads, trainable_variables)

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        factor, decay = self._factors[index], self._decays[index]
        if factor == 0:
            return
        gradient = ops.cast(gradient, variable.dtype)
        if decay and self._use_weight_decay(variable):
            gradient = ops.add(gradient, ops.multiply(decay, variable))
        rate = ops.multiply(ops.cast(learning_rate, variable.dtype), factor)
        direction = self.direction(gradient, index)
        if self.weight_decay and self._use_weight_decay(variable):
            direction = ops.add(direction, ops.multiply(self.weight_decay, variable))
        self.assign_sub(variable, ops.multiply(rate, direction))

    def _apply_weight_decay(self, variables):
        pass  # Keras's would shrink variables whatever their rate factor.

    def direction(self, gradient, index):
        """The step to subtract from variable number `index` at a learning rate of 1."""
        raise NotImplementedError

    def get_config(self):
        decay = self.coupled_weight_decay
        return {
            **super().get_config(),
            "coupled_weight_decay": dict(decay)
            if isinstance(decay, Mapping)
            else decay,
            "rate_factors": dict(self.rate_factors) or None,
        }


def check_decay_rate(name: str, value: float) -> float:
    """`value` if it is a decay rate of a moving average: in [0, 1)."""
    if not 0 <= value < 1:
        raise ValueError(f"`{name}` must be in [0, 1). Received: {name}={value}")
    return value


def _dense(gradient, variable):
    """The gradient as one tensor of the variable's shape.

    TensorFlow gives that of an embedding as slices, one for every token read. Norms and
    squares mean nothing before the slices of a row are added up, which this does.
    """
    if hasattr(gradient, "indices"):
        return ops.add(gradient, ops.zeros(variable.shape, variable.dtype))
    return gradient


def _check(argument, value):
    """`value`, a float or a dict of floats, if it is at least 0."""
    values = value.values() if isinstance(value, Mapping) else [value]
    if not all(0 <= each < float("inf") for each in values):
        raise ValueError(
            f"`{argument}` must be finite and at least 0. Received: {argument}={value}"
        )
    return value


def _by_path(argument, by_name, paths, otherwise):
    """The value for every path, of the first name that fits it."""
    strangers = [name for name in by_name if not any(_fits(name, p) for p in paths)]
    if strangers:
        warnings.warn(
            f"`{argument}` has no effect for {', '.join(map(repr, strangers))}: the "
            "optimizer was built for no variable of that name.",
            stacklevel=3,
        )
    return [
        next((value for name, value in by_name.items() if _fits(name, path)), otherwise)
        for path in paths
    ]


def _fits(name, path):
    if "/" not in name:
        return path.rsplit("/", 1)[-1] == name
    return fnmatchcase(path, name) or fnmatchcase(path, f"*/{name}")
