"""The minimal LSTM, and its cell."""

import keras
from keras import ops

from keras_nonnormal.layers.min_gru import PositiveCandidate, PositiveCandidateLayer


@keras.saving.register_keras_serializable("keras_nonnormal")
class MinLSTMCell(PositiveCandidate):
    """One step of `MinLSTM`; takes the same arguments, but for those of the loop.

    Args:
        units: Positive integer, dimensionality of the output.
        **kwargs: As for `MinLSTM`.
    """

    parts = 3

    def gates(self, context):
        balance, z = self._balance(context)
        return ops.sigmoid(balance), ops.sigmoid(-balance) * self.candidate(z)

    def log_gates(self, context):
        """The logarithms of decays and drives, two tensors `(..., units)`."""
        balance, z = self._balance(context)
        log_drive = ops.log_sigmoid(-balance) + self.log_candidate(z)
        return ops.log_sigmoid(balance), log_drive

    def _balance(self, context):
        """The logarithm of forget over input gate, whose sigmoid is f / (f + i)."""
        forget, take, z = self.split(context)
        return ops.log_sigmoid(forget) - ops.log_sigmoid(take), z


@keras.saving.register_keras_serializable("keras_nonnormal")
class MinLSTM(PositiveCandidateLayer):
    r"""The LSTM without an output gate, whose gates do not see the state.

    $$ f_t = σ(x_t K_f + b_f), \quad i_t = σ(x_t K_i + b_i), \quad
       \tilde{h}_t = g(x_t K_h + b_h), \qquad
       h_t = \frac{f_t ⊙ h_{t-1} + i_t ⊙ \tilde{h}_t}{f_t + i_t} $$

    with the $g$ of `MinGRU`. What the two gates let through sums to one, so that the
    size of the state does not depend on time. All time steps are one scan, in the dtype
    of the variables, at least in float32.

    Args:
        units: Positive integer, dimensionality of the output.
        positive: Whether $g$ is positive. Defaults to `True`; see `MinGRU`.
        scan: `"loop"`, `"associative"` or `"log"`; see `MinGRU`. Defaults to `"loop"`.
        use_bias: Whether there are biases. Defaults to `True`.
        kernel_initializer: Start of $K = [K_f, K_i, K_h]$, `(features, 3 * units)`: any
            Keras initializer, or a name that
            `keras_nonnormal.initializers.kernel_initializer` knows.
        bias_initializer: Start of $b = [b_f, b_i, b_h]$, `(3 * units,)`.
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
        ValueError: As for `MinGRU`.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal.layers import MinLSTM
    >>> tuple(MinLSTM(4)(np.zeros((2, 5, 3), "float32")).shape)
    (2, 4)

    Reference:
        - [Feng et al. 2024](https://arxiv.org/abs/2410.01201), "Were RNNs All We
          Needed?", section 3.2 and appendix B
    """

    cell_class = MinLSTMCell
