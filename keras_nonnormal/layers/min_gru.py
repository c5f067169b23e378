"""The minimal GRU, and its cell."""

from typing import Any, Unpack

import keras
import numpy as np
from keras import ops

from keras_nonnormal.layers.arguments import LoopArguments
from keras_nonnormal.layers.gated_layer import AffineGatedCell, GatedLayer


class PositiveCandidate(AffineGatedCell):
    """Base of cells whose candidate is a linear map, or a positive function of it.

    Args:
        units: Positive integer, size of the state and of the output.
        positive: Whether the candidate is positive.
        **kwargs: As for `AffineGatedCell`.
    """

    def __init__(self, units, positive=True, **kwargs):
        super().__init__(units, **kwargs)
        self.positive = bool(positive)

    def candidate(self, z):
        """The candidate of a linear map `z`: `z`, or g(z)."""
        return ops.where(z >= 0, z + 0.5, ops.sigmoid(z)) if self.positive else z

    def log_candidate(self, z):
        """The logarithm of g(z), exact for `z` of any size."""
        return ops.where(z >= 0, ops.log(ops.relu(z) + 0.5), ops.log_sigmoid(z))

    def get_config(self):
        return {**super().get_config(), "positive": self.positive}


@keras.saving.register_keras_serializable("keras_nonnormal")
class MinGRUCell(PositiveCandidate):
    """One step of `MinGRU`; takes the same arguments, but for those of the loop.

    Args:
        units: Positive integer, dimensionality of the output.
        **kwargs: As for `MinGRU`.
    """

    parts = 2

    def gates(self, context):
        update, z = self.split(context)
        return ops.sigmoid(-update), ops.sigmoid(update) * self.candidate(z)

    def log_gates(self, context):
        """The logarithms of decays and drives, two tensors `(..., units)`."""
        update, z = self.split(context)
        log_drive = ops.log_sigmoid(update) + self.log_candidate(z)
        return ops.log_sigmoid(-update), log_drive


class PositiveCandidateLayer(GatedLayer):
    """Base of the layers of a `PositiveCandidate`."""

    scans = ("loop", "associative", "log")

    def __init__(
        self,
        units,
        positive=True,
        scan="loop",
        use_bias=True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        **kwargs: Unpack[LoopArguments],
    ):
        if scan == "log" and not positive:
            raise ValueError(
                "A scan of logarithms is for positive candidates: expected "
                "positive=True, or another `scan`. "
                f"Received: scan={scan!r}, positive={positive!r}"
            )
        super().__init__(
            units,
            positive=positive,
            scan=scan,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            **kwargs,
        )

    def drive_row(self):
        return np.repeat([*(0.0 for _ in range(self.cell.parts - 1)), 1.0], self.units)


@keras.saving.register_keras_serializable("keras_nonnormal")
class MinGRU(PositiveCandidateLayer):
    r"""The GRU without a reset gate, whose update gate does not see the state.

    $$ z_t = σ(x_t K_z + b_z), \qquad \tilde{h}_t = g(x_t K_h + b_h), \qquad
       h_t = (1 - z_t) ⊙ h_{t-1} + z_t ⊙ \tilde{h}_t $$

    with $g(u) = u + 1/2$ for $u ≥ 0$, $g(u) = σ(u)$ below, or $g(u) = u$. The state is
    linear in the state before, and all time steps are one scan, in the dtype of the
    variables, at least in float32.

    Args:
        units: Positive integer, dimensionality of the output.
        positive: Whether $g$ is the positive function, as in the published language
            models, or the identity, as in the paper's section 3. Defaults to `True`.
        scan: `"loop"`, one time step after the other in a compiled loop;
            `"associative"`, in $2 \log_2 T$ steps of many at a time, which is for
            accelerators; or `"log"`, the same with logarithms instead of the numbers,
            as in the paper's appendix B, for a positive $g$. Defaults to `"loop"`.
        use_bias: Whether there are biases. Defaults to `True`.
        kernel_initializer: Start of $K = [K_z, K_h]$, `(features, 2 * units)`: any
            Keras initializer, or a name that
            `keras_nonnormal.initializers.kernel_initializer` knows.
        bias_initializer: Start of $b = [b_z, b_h]$, `(2 * units,)`.
        fused: `"auto"`, `True` or `False`: whether the compiled recurrence runs or
            Keras's own loop; see `fused_loops`. Defaults to `"auto"`.
        **kwargs: As for `keras.layers.RNN`.

    Call arguments:
        sequences: Tensor `(batch, time, features)`.
        initial_state: Optional list of one tensor `(batch, units)`.
        mask: Optional boolean tensor `(batch, time)`; `False` skips a time step.

    Returns:
        Tensor `(batch, units)`, or `(batch, time, units)` with `return_sequences`;
        with `return_state` followed by the final state `(batch, units)`.

    Raises:
        ValueError: If `units` is not a positive integer, or `scan` is none of the
            above, or is `"log"` without `positive`.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal.layers import MinGRU
    >>> tuple(MinGRU(4, return_sequences=True)(np.zeros((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Feng et al. 2024](https://arxiv.org/abs/2410.01201), "Were RNNs All We
          Needed?", section 3.1 and appendix B
    """

    cell_class = MinGRUCell
