from keras.initializers import Initializer

from keras_nonnormal.initializers._checks import (
    finite_real,
    one_direction,
    whole_number,
)
from keras_nonnormal.initializers._seeds import derived_seed
from keras_nonnormal.initializers._starts import STARTS, Settings, Start
from keras_nonnormal.initializers.gatewise import Gatewise

# For each layer: the number of gates and which of them is the tanh update.
GATES = {"SimpleRNN": (1, 0), "LSTM": (4, 2), "GRU": (3, 2)}


def simple_rnn_initializers(
    name: str,
    units: int,
    *,
    scale: float | None = None,
    forward_gain: float | None = None,
    input_scale: float | None = None,
    direction: str = "forward",
    seed: int | None = None,
) -> tuple[Initializer, Initializer]:
    """The paper's initializers for `keras.layers.SimpleRNN`, by name.

    | name | recurrent kernel | `scale` (default) | kernel |
    |---|---|---|---|
    | `"chain"` | `Chain(alpha=scale)` | alpha (1.02) | `Source(0.9)` |
    | `"fbchain"` | `FBChain(beta=scale)` | beta (0.04) | `Source(0.9)` |
    | `"orthogonal"` | `scale` times a random orthogonal matrix | (1.0) | normal |
    | `"identity"` | `scale` times the identity | (1.0) | normal |
    | `"plain"` | uniform | none | uniform |

    The normal kernel has standard deviation `0.9 / sqrt(units)`, whatever the
    number of input channels. The uniform ones lie in `(-1, 1) / sqrt(units)`,
    PyTorch's default. Biases start at zero, as they do by default.

    Args:
        name: One of the names above.
        units: Width of the layer.
        scale: The free gain of the recurrent kernel; None for the default of the
            name.
        forward_gain: `alpha` of `"fbchain"` (default 0.99), which no other name has.
        input_scale: The 0.9 of both kernels. Defaults to `0.9`.
        direction: `"forward"` or `"reverse"` (see `Chain`). It changes neither the
            identity nor the distribution of the orthogonal matrix.
        seed: A non-negative integer for the random entries of both matrices; None
            leaves them to `keras.utils.set_random_seed`.

    Returns:
        A tuple `(kernel_initializer, recurrent_initializer)`.

    Raises:
        ValueError: If the name is unknown, an option does not belong to it, or a
            value is out of range.

    Example:

    >>> import keras
    >>> from keras_nonnormal.initializers import simple_rnn_initializers
    >>> kernel, recurrent = simple_rnn_initializers("chain", 100, scale=1.01)
    >>> layer = keras.layers.SimpleRNN(
    ...     100, kernel_initializer=kernel, recurrent_initializer=recurrent
    ... )

    Reference:

    - [Orhan and Pitkow, 2020, section 3.1](https://arxiv.org/abs/1905.13715)
    """
    return _pair(
        *("SimpleRNN", name, units, direction, seed),
        scale=scale,
        forward_gain=forward_gain,
        input_scale=input_scale,
    )


def lstm_initializers(
    name: str,
    units: int,
    *,
    scale: float | None = None,
    forward_gain: float | None = None,
    end_gain: float | None = None,
    input_scale: float | None = None,
    direction: str = "forward",
    seed: int | None = None,
) -> tuple[Initializer, Initializer]:
    """The paper's initializers for `keras.layers.LSTM`, by name.

    Every gate (input, forget, cell, output) has its own square recurrent block and
    its own input block:

    | name | recurrent blocks | `scale` (default) | input blocks |
    |---|---|---|---|
    | `"chain"` | `Chain(alpha=scale)` | alpha (1.02) | `Source(0.9)` |
    | `"fbchain"` | `FBChain(beta=scale)` | beta (0.04) | `Source(0.9)` |
    | `"mixed"` | chain in the cell, else `Ramp` | alpha (1.02) | `Source(0.9)` |
    | `"orthogonal"` | `scale` times an orthogonal draw each | (1.0) | normal |
    | `"plain"` | uniform | none | uniform |

    The normal blocks have standard deviation `0.9 / sqrt(units)`. The uniform ones
    lie in `(-1, 1) / sqrt(units)`, PyTorch's default, which draws the biases from
    the same interval: `bias_initializer=RandomUniform(-b, b)` with
    `unit_forget_bias=False` comes close. For the other names the paper states no
    biases; Keras's default (ones for the forget gate, zeros elsewhere) is left alone.

    Args:
        name: One of the names above.
        units: Width of the layer.
        scale: The free gain of the recurrent blocks; None for the default of the
            name. `"plain"` has none.
        forward_gain: `alpha` of `"fbchain"` (default 0.99), which no other name has.
        end_gain: `end_gain` of the ramps of `"mixed"` (default 0.01), which no other
            name has.
        input_scale: The 0.9 of the input blocks. Defaults to `0.9`.
        direction: `"forward"`, or `"reverse"` to transpose every structured block
            and so repeat what PyTorch computes with the paper's published matrices.
            It does not change the distribution of the random blocks.
        seed: A non-negative integer for the random entries of both matrices; None
            leaves them to `keras.utils.set_random_seed`.

    Returns:
        A tuple `(kernel_initializer, recurrent_initializer)` for matrices of shape
        `(channels, 4 * units)` and `(units, 4 * units)`.

    Raises:
        ValueError: If the name is unknown, an option does not belong to it, or a
            value is out of range.

    Example:

    >>> import keras
    >>> from keras_nonnormal.initializers import lstm_initializers
    >>> kernel, recurrent = lstm_initializers("mixed", 100, end_gain=0.02)
    >>> layer = keras.layers.LSTM(
    ...     100, kernel_initializer=kernel, recurrent_initializer=recurrent
    ... )

    Reference:

    - [Orhan and Pitkow, 2020, section 3.3](https://arxiv.org/abs/1905.13715)
    """
    return _pair(
        *("LSTM", name, units, direction, seed),
        scale=scale,
        forward_gain=forward_gain,
        end_gain=end_gain,
        input_scale=input_scale,
    )


def gru_initializers(
    name: str,
    units: int,
    *,
    scale: float | None = None,
    forward_gain: float | None = None,
    end_gain: float | None = None,
    input_scale: float | None = None,
    direction: str = "forward",
    seed: int | None = None,
) -> tuple[Initializer, Initializer]:
    """Initializers for `keras.layers.GRU` after the paper's LSTM, by name.

    The paper has no GRU; this carries its LSTM over. `"chain"`, `"fbchain"`,
    `"orthogonal"` and `"plain"` fill the gates z, r and h alike; `"mixed"` puts the
    chain in the candidate h and ramps in z and r. Gains, input blocks and arguments
    are those of `lstm_initializers`.

    Args:
        name: `"chain"`, `"fbchain"`, `"mixed"`, `"orthogonal"` or `"plain"`.
        units: Width of the layer.
        scale: The free gain of the recurrent blocks; None for the default of the
            name (1.02, 0.04, 1.02 and 1.0). `"plain"` has none.
        forward_gain: `alpha` of `"fbchain"` (default 0.99), which no other name has.
        end_gain: `end_gain` of the ramps of `"mixed"` (default 0.01), which no other
            name has.
        input_scale: The 0.9 of the input blocks. Defaults to `0.9`.
        direction: `"forward"`, or `"reverse"` to transpose every structured block.
        seed: A non-negative integer for the random entries of both matrices; None
            leaves them to `keras.utils.set_random_seed`.

    Returns:
        A tuple `(kernel_initializer, recurrent_initializer)` for matrices of shape
        `(channels, 3 * units)` and `(units, 3 * units)`.

    Raises:
        ValueError: If the name is unknown, an option does not belong to it, or a
            value is out of range.

    Example:

    >>> import keras
    >>> from keras_nonnormal.initializers import gru_initializers
    >>> kernel, recurrent = gru_initializers("chain", 64)
    >>> layer = keras.layers.GRU(
    ...     64, kernel_initializer=kernel, recurrent_initializer=recurrent
    ... )

    Reference:

    - [Orhan and Pitkow, 2020, section 3.3](https://arxiv.org/abs/1905.13715)
    """
    return _pair(
        *("GRU", name, units, direction, seed),
        scale=scale,
        forward_gain=forward_gain,
        end_gain=end_gain,
        input_scale=input_scale,
    )


def _pair(layer, name, units, direction, seed, **gains):
    start = _start(layer, name)
    settings = Settings(
        units=whole_number("units", units, at_least=1),
        direction=one_direction(direction),
        gains=_gains(name, start, gains),
    )
    recurrent_seed, kernel_seed = derived_seed(seed, 0), derived_seed(seed, 1)

    gates, update = GATES[layer]
    kernels = [start.kernel(settings, kernel_seed)] * gates
    recurrents = [(start.gate or start.update)(settings, recurrent_seed)] * gates
    recurrents[update] = start.update(settings, recurrent_seed)
    if gates == 1:
        return kernels[0], recurrents[0]
    return Gatewise(kernels), Gatewise(recurrents)


def _start(layer: str, name: str) -> Start:
    names = [known for known, start in STARTS.items() if layer in start.layers]
    if name not in names:
        raise ValueError(
            f"Expected `name` to be one of {', '.join(map(repr, names))} for {layer}. "
            f"Received: name={name!r}"
        )
    return STARTS[name]


def _gains(name: str, start: Start, given: dict[str, float | None]) -> dict[str, float]:
    """The defaults of a start, overridden by what was given."""
    gains = dict(start.gains)
    for option, value in given.items():
        if value is None:
            continue
        if option not in gains:
            raise ValueError(
                f"{name!r} has no `{option}`: expected it to be left out. "
                f"Received: {option}={value!r}"
            )
        gains[option] = finite_real(option, value)
    return gains
