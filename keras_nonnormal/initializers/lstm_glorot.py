import math

from keras.initializers import Initializer, RandomNormal

from keras_nonnormal.initializers._checks import whole_number
from keras_nonnormal.initializers._seeds import derived_seed
from keras_nonnormal.initializers.named_kernels import bias_initializer


def lstm_glorot_initializers(
    units: int, features: int, *, seed: int | None = None
) -> tuple[Initializer, Initializer, Initializer]:
    """The start of the LSTM baseline of the nnRNN paper, for `keras.layers.LSTM`.

    Each gate of the baseline is one dense map of the state and the input side by side,
    `(units + features, units)`. Its Glorot normal start fills both of Keras's kernels
    with normal entries of variance `2 / ((units + features) + units)`, and its biases
    are uniform on `(-1, 1) / sqrt(units + features)`. No gate starts open: leave the
    ones that Keras puts into the forget bias out with `unit_forget_bias=False`.

    Args:
        units: Width of the layer.
        features: Width of its input.
        seed: A non-negative integer for all three; None leaves them to
            `keras.utils.set_random_seed`.

    Returns:
        A tuple `(kernel_initializer, recurrent_initializer, bias_initializer)` for
        shapes `(features, 4 * units)`, `(units, 4 * units)` and `(4 * units,)`.

    Raises:
        ValueError: If a width is not a positive integer or the seed is negative.

    Example:

    >>> import keras
    >>> from keras_nonnormal.initializers import lstm_glorot_initializers
    >>> kernel, recurrent, bias = lstm_glorot_initializers(100, 10, seed=1)
    >>> layer = keras.layers.LSTM(
    ...     100,
    ...     kernel_initializer=kernel,
    ...     recurrent_initializer=recurrent,
    ...     bias_initializer=bias,
    ...     unit_forget_bias=False,
    ... )

    Reference:

    - [Kerg et al., 2019](https://arxiv.org/abs/1905.12080)
    """
    units = whole_number("units", units, at_least=1)
    fan_in = units + whole_number("features", features, at_least=1)
    deviation = math.sqrt(2 / (fan_in + units))
    return (
        RandomNormal(stddev=deviation, seed=derived_seed(seed, 1)),
        RandomNormal(stddev=deviation, seed=derived_seed(seed, 0)),
        bias_initializer(fan_in, derived_seed(seed, 2)),
    )
