import keras
import numpy as np

from keras_nonnormal.initializers._checks import (
    finite_real,
    float_dtype,
    whole_number,
)
from keras_nonnormal.initializers._host_matrix import host_generator, seeded

GATES = {"LSTM": 4, "GRU": 3}


@keras.saving.register_keras_serializable("keras_nonnormal")
class ChronoBias(keras.initializers.Initializer):
    r"""Biases of a gated layer for memories of up to so many time steps.

    $$ b_f = \log u, \quad b_i = -b_f, \qquad u \sim U(1, T_{max} - 1) $$

    for the forget and the input gate of an LSTM, in Keras's order (input, forget, cell,
    output), and zero for the others. A unit then forgets over 1 to T_max steps. Keras's
    GRU keeps the state by its update gate, z: the bias of z is $\log u$ and all others
    are zero; of a bias of two rows, `reset_after=True`, the second is zero.

    Args:
        units: Width of the layer. The shape alone does not tell it, and so a layer that
            puts ones into a part of the bias is noticed.
        max_steps: Number of at least 2, T_max, the longest dependency in time steps.
        cell: `"LSTM"` or `"GRU"`. Defaults to `"LSTM"`.
        seed: An integer, None, or a `keras.random.SeedGenerator`. An integer draws the
            same numbers at every call and on every backend.

    Raises:
        ValueError: If a number is out of range or the cell is unknown; when called, if
            the shape is not that of the bias of such a layer.

    Example:

    >>> import keras
    >>> from keras_nonnormal.initializers import ChronoBias
    >>> layer = keras.layers.LSTM(
    ...     64, bias_initializer=ChronoBias(64, max_steps=500), unit_forget_bias=False
    ... )

    Reference:

    - [Tallec and Ollivier, 2018](https://arxiv.org/abs/1804.11188), section 2.2
    """

    def __init__(self, units, max_steps, cell="LSTM", seed=None):
        self.units = whole_number("units", units, at_least=1)
        self.max_steps = finite_real("max_steps", max_steps)
        if self.max_steps < 2:
            raise ValueError(
                "Expected `max_steps` to be at least 2 time steps. "
                f"Received: max_steps={max_steps!r}"
            )
        if cell not in GATES:
            raise ValueError(
                f"Expected `cell` to be 'LSTM' or 'GRU'. Received: cell={cell!r}"
            )
        self.cell = cell
        self._seeded = seeded(seed)
        self.seed = self._seeded.seed

    def __call__(self, shape, dtype=None):
        """Returns the bias as a backend tensor.

        Args:
            shape: `(4 * units,)` for an LSTM, `(3 * units,)` or `(2, 3 * units)` for a
                GRU.
            dtype: A floating dtype. Defaults to `keras.config.floatx()`.

        Returns:
            A tensor of that shape.

        Raises:
            ValueError: If the shape is another one or `dtype` is not floating.
        """
        width, rows = GATES[self.cell] * self.units, {"LSTM": (), "GRU": (2,)}
        shapes = {(width,), (*rows[self.cell], width)}
        if tuple(shape) not in shapes:
            raise ValueError(
                f"Expected the bias of an {self.cell} of {self.units} units, of shape "
                f"{' or '.join(map(str, sorted(shapes)))}; an LSTM needs "
                f"unit_forget_bias=False. Received: shape={tuple(shape)}"
            )
        rng = host_generator(self.seed)
        keep = np.log(rng.uniform(1, self.max_steps - 1, self.units))
        bias = np.zeros(shape)
        row = bias if bias.ndim == 1 else bias[0]
        if self.cell == "LSTM":
            row[: 2 * self.units] = np.concatenate([-keep, keep])
        else:
            row[: self.units] = keep
        return keras.ops.convert_to_tensor(bias, dtype=float_dtype("ChronoBias", dtype))

    def get_config(self):
        return {
            "units": self.units,
            "max_steps": self.max_steps,
            "cell": self.cell,
            "seed": self._seeded.get_config()["seed"],
        }
