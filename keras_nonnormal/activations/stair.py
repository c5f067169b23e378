from typing import Any

import keras
import numpy as np
from keras import ops

from keras_nonnormal import _backend
from keras_nonnormal.activations.schedules import LEARNED, schedule_name, stair_heights


@keras.saving.register_keras_serializable("keras_nonnormal")
class Stair(keras.layers.Layer):
    r"""A factor of a nonlinearity for each time step $j$ of a sequence.

    $$ h_j = \rho_j φ(z_j), \qquad h_j = \alpha_j φ(z_j), \qquad
       h_j = (1 - e^{-\alpha_j z_j}) φ(z_j) $$

    A fixed schedule $\rho_j$, a learned one, or a learned one that depends on the
    input: one number for all units and samples. The "stairs" are the time steps; no
    function here is one of treads. Recurrent layers of the library take it as `stair`;
    `StairCell` gives it to any other cell.

    With exp-alpha, $φ(z) = z$ contracts for $-0.375 < \alpha z < 1$ only, and grows
    without bound below: nothing keeps a training from leaving that interval.

    Args:
        schedule: A fixed schedule (see `keras_nonnormal.activations.stair_heights`),
            `"alpha"` or `"expalpha"`.
        max_steps: Positive integer, how many heights are learned: the length of the
            longest sequence. By default that of the sequences the layer is built for.
            Without meaning to a fixed schedule.
        initializer: Start of the learned heights. Defaults to ones for `"alpha"`, and
            to uniform in [0, 1) for `"expalpha"`.
        clip_exponent: Largest exponent $-\alpha z$ of exp-alpha, at least 0, which
            then cannot overflow; or None, as published.
        **kwargs: The arguments every Keras layer takes.

    Raises:
        ValueError: If there is no such schedule, `max_steps` is no positive integer, or
            `clip_exponent` is negative.

    Example:

    >>> from keras_nonnormal import FusedSimpleRNN, Stair
    >>> layer = FusedSimpleRNN(32, stair=Stair("alpha", max_steps=784))

    Reference:
        - "Stair Recurrent Neural Networks" (2021), and the programs released with it
    """

    def __init__(
        self,
        schedule="expn",
        max_steps=None,
        initializer=None,
        clip_exponent=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.schedule = schedule_name(schedule)
        if max_steps is not None and (max_steps != int(max_steps) or max_steps < 1):
            raise ValueError(
                "Expected `max_steps` to be a positive integer. "
                f"Received: max_steps={max_steps!r}"
            )
        if clip_exponent is not None and not clip_exponent >= 0:
            raise ValueError(
                "Expected `clip_exponent` to be a number of at least 0, or None. "
                f"Received: clip_exponent={clip_exponent!r}"
            )
        self.clip_exponent = clip_exponent
        self.max_steps = None if max_steps is None else int(max_steps)
        usual = keras.initializers.RandomUniform(0, 1) if self.inside else "ones"
        self.initializer = keras.initializers.get(initializer or usual)

    @property
    def learned(self) -> bool:
        """Whether the heights are a variable."""
        return self.schedule in LEARNED

    @property
    def inside(self) -> bool:
        """Whether the height acts inside the nonlinearity: exp-alpha."""
        return self.schedule == "expalpha"

    @property
    def limits(self) -> str:
        """A warning where outputs need not be finite; empty for a fixed schedule."""
        if self.inside and self.clip_exponent is not None:
            return "exp-alpha contracts only for -0.3748 < alpha z < 1"
        if self.inside:
            return (
                "exp-alpha overflows in float32 for alpha z below -88, and contracts "
                "only for -0.3748 < alpha z < 1; --clip-exponent bounds it"
            )
        if not self.learned:
            return ""
        return (
            "nothing bounds a learned stair, and it has numbers for "
            f"max_steps={self.max_steps} time steps, then NaN"
        )

    def build(self, steps: int | None = None):
        """Creates the learned heights.

        Args:
            steps: Length of the sequences, which is `max_steps` by default.
        """
        if not self.learned:
            return
        self.max_steps = self.max_steps or steps
        if self.max_steps is None:
            raise ValueError(
                f"A learned stair, {self.schedule!r}, has one number per time step: "
                "expected `max_steps`, the length of the longest sequence, where the "
                "layer cannot tell it from its input. Received: max_steps=None"
            )
        self.alpha = self.add_weight(
            name="alpha", shape=(self.max_steps,), initializer=self.initializer
        )

    def check_length(self, steps: int | None) -> None:
        """Raises a ValueError for sequences that are longer than a learned stair."""
        if self.learned and self.max_steps and steps and steps > self.max_steps:
            raise ValueError(
                f"This stair, {self.schedule!r}, has learned numbers for "
                f"max_steps={self.max_steps} time steps. Received: a sequence of "
                f"{steps}. Set `max_steps` to the length of the longest."
            )

    def heights(self, steps: Any, dtype: str | None = None) -> Any:
        """The factors, or alphas of exp-alpha, of some time steps.

        Args:
            steps: Integer tensor of zero-based time steps, of any shape.
            dtype: Of the result. Defaults to that the layer computes in.

        Returns:
            Tensor of the same shape. NaN for steps beyond a learned stair.
        """
        dtype = dtype or self.compute_dtype
        if not self.learned:
            precise = "float64" if dtype == "float64" else "float32"
            heights = stair_heights(self.schedule, ops.cast(steps, precise), ops)
            return ops.cast(heights, dtype)
        alpha: Any = ops.cast(self.alpha, dtype)
        there = ops.logical_and(steps >= 0, steps < self.max_steps)
        taken = ops.take(alpha, ops.clip(steps, 0, self.max_steps - 1), axis=0)
        return ops.where(there, taken, ops.cast(np.nan, alpha.dtype))

    def apply(self, inputs, activated, heights):
        """The nonlinearity with its stair.

        Args:
            inputs: Tensor `(..., units)` of pre-activations.
            activated: The nonlinearity of them, of the same shape.
            heights: What `heights` gave for the time step of each, `(..., 1)`.
        """
        if self.inside:
            spread_out = spread(heights, inputs)
            return exp_alpha(inputs, activated, spread_out, self.clip_exponent)
        return activated * heights

    def get_config(self):
        return {
            **super().get_config(),
            "schedule": self.schedule,
            "max_steps": self.max_steps,
            "initializer": keras.initializers.serialize(self.initializer),
            "clip_exponent": self.clip_exponent,
        }


def exp_alpha(
    inputs: Any, activated: Any, alpha: Any, clip_exponent: float | None = None
) -> Any:
    r"""$(1 - e^{-\alpha z}) φ(z)$, exact for small $\alpha z$ and safe for large.

    Where the exponential overflows, which is below $\alpha z = -88$ in float32, the
    result is infinite, but zero where $φ$ is zero, with zero slopes.

    Args:
        inputs: Tensor of the $z$, of any shape.
        activated: Tensor of the $φ(z)$, of the same shape.
        alpha: Tensor that broadcasts against them.
        clip_exponent: Largest exponent, beyond which the factor stays as it is.
    """
    exponent = -alpha * inputs
    if clip_exponent is not None:
        exponent = ops.minimum(exponent, clip_exponent)
    limit = np.log(float(np.finfo(_numpy_dtype(inputs)).max))
    nothing = ops.logical_and(ops.equal(activated, 0), exponent > limit)
    return -_backend.expm1(ops.where(nothing, 0.0, exponent)) * activated


def spread(heights: Any, like: Any) -> Any:
    """Heights `(..., 1)` for all units of a tensor `(..., units)`.

    By a product, so that their gradient is one: XLA adds the numbers of a row one by
    one on a CPU.
    """
    return ops.matmul(heights, ops.ones((1, like.shape[-1]), like.dtype))


def get(identifier: Any, dtype: Any = None) -> Stair | None:
    """A `Stair` from a schedule's name, a configuration or itself; None for none."""
    if isinstance(identifier, dict):
        identifier = keras.saving.deserialize_keras_object(identifier)
    if identifier is None or isinstance(identifier, Stair):
        stair = identifier
    else:
        stair = Stair(schedule_name(identifier), dtype=dtype)
    return None if stair is None or stair.schedule == "none" else stair


def _numpy_dtype(tensor):
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    return "float32" if dtype == "bfloat16" else dtype  # the same exponents
