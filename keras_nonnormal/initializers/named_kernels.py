"""The kernels of the nnRNN comparison, by the names of its published program."""

import math
from typing import Any

import keras
from keras.initializers import Identity, Initializer, RandomUniform, VarianceScaling

from keras_nonnormal.initializers._checks import whole_number
from keras_nonnormal.initializers.chain import Chain
from keras_nonnormal.initializers.fbchain import FBChain
from keras_nonnormal.initializers.hippo import HiPPOLegS
from keras_nonnormal.initializers.named_skews import SKEWS, Named, Seed, by_name
from keras_nonnormal.initializers.nonnegative_identity import NonNegativeIdentity
from keras_nonnormal.initializers.skew_exponential import SkewExponential
from keras_nonnormal.initializers.source import Source


def recurrent_initializer(name: str, seed: Seed = None) -> Initializer:
    """The initializer of a plain recurrent kernel, by name.

    `"xavier"` and `"normal"` are the normal distribution of variance `1 / units` ("RNN"
    in the tables of the nnRNN paper), `"kaiming"` that of `2 / units`; `"np_rnn"` is
    `NonNegativeIdentity()`, `"hippo"` is `HiPPOLegS()`, `"chain"` and `"fbchain"` are
    `Chain()` and `FBChain()`, `"identity"` is the identity; every name of
    `skew_initializer` stands for the exponential of what it draws, an orthogonal matrix
    ("RNN-orth"). The program released with nnRNN starts every RNN-orth from
    `"exp_uniform"`, whatever name it was given.

    Args:
        name: `"xavier"`, `"kaiming"`, `"normal"`, `"np_rnn"`, `"hippo"`, `"chain"`,
            `"fbchain"`, `"identity"` or a name of `skew_initializer`.
        seed: An integer, None, or a `keras.random.SeedGenerator`. The orthogonal
            matrices are the same on every backend, the normal draws are Keras's.

    Returns:
        An initializer for shape `(units, units)`.

    Raises:
        ValueError: If the name is unknown.

    Example:

    >>> import keras
    >>> from keras_nonnormal.initializers import recurrent_initializer
    >>> layer = keras.layers.SimpleRNN(
    ...     100, recurrent_initializer=recurrent_initializer("henaff", seed=1)
    ... )

    Reference:

    - [Kerg et al., 2019](https://arxiv.org/abs/1905.12080)
    """
    return by_name("a recurrent initializer", RECURRENT, name, seed)


def kernel_initializer(name: str, seed: Seed = None) -> Initializer:
    """The initializer of an input kernel, by name.

    | name | entries | of size |
    |---|---|---|
    | `"xavier"` | normal | `sqrt(2 / (fan_in + fan_out))` (standard deviation) |
    | `"kaiming"` | normal | `sqrt(2 / fan_in)` (standard deviation) |
    | `"normal"` | normal | `sqrt(1 / fan_out)` (standard deviation) |
    | `"torch_default"` | uniform | `1 / sqrt(fan_in)` (bound) |
    | `"source"` | those of `Source()`, for a chain | |

    The normals are not truncated, as in PyTorch; Keras's own `GlorotNormal` and
    `HeNormal` cut theirs off at 2.27 standard deviations. `"torch_default"` is what the
    nnRNN cell of the released program starts from, whatever name it was given.

    Args:
        name: One of the names above.
        seed: An integer, None, or a `keras.random.SeedGenerator`. The draws are Keras's
            own and so differ from backend to backend.

    Returns:
        An initializer for shape `(features, units)`.

    Raises:
        ValueError: If the name is unknown.

    Example:

    >>> import keras
    >>> from keras_nonnormal.initializers import kernel_initializer
    >>> layer = keras.layers.Dense(
    ...     100, kernel_initializer=kernel_initializer("kaiming", seed=1)
    ... )

    Reference:

    - [Glorot and Bengio, 2010](https://proceedings.mlr.press/v9/glorot10a.html)
    - [He et al., 2015, section 2.2](https://arxiv.org/abs/1502.01852)
    """
    return by_name("a kernel initializer", KERNELS, name, seed)


def bias_initializer(fan_in: int, seed: Seed = None) -> Initializer:
    """PyTorch's default for the bias of a dense map: uniform, bound `1 / sqrt(fan_in)`.

    The shape of a bias does not tell the width of the input, hence the argument.

    Args:
        fan_in: Width of the input of the map that the bias belongs to.
        seed: An integer, None, or a `keras.random.SeedGenerator`.

    Returns:
        A `keras.initializers.RandomUniform`.

    Raises:
        ValueError: If `fan_in` is not a positive integer.

    Example:

    >>> import keras
    >>> from keras_nonnormal.initializers import bias_initializer
    >>> head = keras.layers.Dense(9, bias_initializer=bias_initializer(128, seed=1))
    """
    bound = 1 / math.sqrt(whole_number("fan_in", fan_in, at_least=1))
    return RandomUniform(-bound, bound, seed=seed)


def _xavier(seed: Seed) -> Initializer:
    return VarianceScaling(1.0, "fan_avg", "untruncated_normal", seed=seed)


def _kaiming(seed: Seed) -> Initializer:
    return VarianceScaling(2.0, "fan_in", "untruncated_normal", seed=seed)


def _normal(seed: Seed) -> Initializer:
    return VarianceScaling(1.0, "fan_out", "untruncated_normal", seed=seed)


def _torch_default(seed: Seed) -> Initializer:
    # A uniform distribution of bound b has variance b^2 / 3.
    return VarianceScaling(1 / 3, "fan_in", "uniform", seed=seed)


def _orthogonal(name: str):
    return lambda seed: SkewExponential(SKEWS[name](seed))


_NORMAL: Named = {"xavier": _xavier, "kaiming": _kaiming, "normal": _normal}
KERNELS: Named = {
    **_NORMAL,
    "torch_default": _torch_default,
    "source": lambda seed: Source(),
}
RECURRENT: Named = {
    **_NORMAL,
    "np_rnn": lambda seed: NonNegativeIdentity(seed),
    "hippo": lambda seed: HiPPOLegS(),
    "chain": lambda seed: Chain(),
    "fbchain": lambda seed: FBChain(),
    "identity": lambda seed: Identity(),
    **{name: _orthogonal(name) for name in SKEWS},
}


def kernel_of(identifier: Any) -> Any:
    """The initializer that a layer's `kernel_initializer` names, ours first."""
    return _of(KERNELS, identifier)


def recurrent_of(identifier: Any) -> Any:
    """The initializer that a layer's `recurrent_initializer` names."""
    return _of(RECURRENT, identifier)


def _of(table: Named, identifier: Any) -> Any:
    named = isinstance(identifier, str) and identifier in table
    return table[identifier](None) if named else keras.initializers.get(identifier)
