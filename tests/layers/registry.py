"""Every layer and cell that the package exports, small, for laws over all of them.

`RECURRENT` has one or more builders for every recurrent layer, `CELLS` for every cell,
`OTHERS` for what has no state. `test_registry.py` fails where one is missing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from keras_nonnormal import layers
from keras_nonnormal.activations import Gamma, ModReLU, Stair
from keras_nonnormal.parametrizations import Free, Givens, Orthogonal, Schur

UNITS = 4
MAX_STEPS = 64
"""The longest sequence that the learned stairs here have numbers for."""


@dataclass(frozen=True)
class Entry:
    """A way to build a layer or a cell.

    Args:
        kind: The exported class.
        build: `build(dtype=None, **kwargs)`; `kwargs` are those of the class, for a
            recurrent layer also those of `keras.layers.RNN`.
        features: Size of the last axis of its input.
        smooth: Whether the outputs are differentiable in all inputs and weights, but
            for kinks that random numbers miss.
        fused: Whether the compiled recurrence or a scan covers it.
    """

    kind: type
    build: Callable[..., Any]
    features: int = 4
    smooth: bool = True
    fused: bool = True

    def make(self, **kwargs) -> Any:
        """A new layer; `dtype` also reaches the activation and the stair inside."""
        return self.build(**kwargs)


def _layer(kind: Any, *args, smooth=True, fused=True, features=4, **own) -> Entry:
    """An entry; callables among the arguments are called with the dtype."""

    def build(dtype=None, **kwargs):
        positional, named = (
            keras.tree.map_structure(
                lambda value: value(dtype) if isinstance(value, _Part) else value, some
            )
            for some in (args, own)
        )
        return kind(*positional, **{**named, **kwargs, "dtype": dtype})

    return Entry(kind, build, features, smooth, fused)


class _Part:
    """What goes into a layer, and is made anew for each with its dtype."""

    def __init__(self, kind, *args, **kwargs):
        self.kind, self.args, self.kwargs = kind, args, kwargs

    def __call__(self, dtype):
        args = [a(dtype) if isinstance(a, _Part) else a for a in self.args]
        return self.kind(*args, **self.kwargs, dtype=dtype)


# Each makes a new one, since a layer owns its parts.
MODRELU = _Part(ModReLU, "zeros", epsilon=0.01)
PRELU = _Part(keras.layers.PReLU, alpha_initializer=keras.initializers.Constant(0.2))
GAMMA = _Part(Gamma, gain=3.0, saturation=0.5)
SHARED_GAMMA = _Part(Gamma, gain=3.0, saturation=0.5, shared=True)
ALPHA = _Part(Stair, "alpha", max_steps=MAX_STEPS)
EXP_ALPHA = _Part(
    Stair,
    "expalpha",
    max_steps=MAX_STEPS,
    initializer=keras.initializers.RandomUniform(0, 0.05),  # else states grow
)

ACTIVATIONS: dict[str, Any] = {
    "tanh": "tanh",
    "relu": "relu",
    "elu": "elu",
    "gelu": "gelu",
    "modrelu": MODRELU,
    "prelu": PRELU,
    "gamma": GAMMA,
    "shared gamma": SHARED_GAMMA,
}
WITH_VARIABLES = ("modrelu", "prelu", "gamma", "shared gamma")

_SMALL_SKEW = {"skew_initializer": keras.initializers.RandomNormal(stddev=0.5)}
_SIMPLE, _STAIR, _EXP = layers.FusedSimpleRNN, layers.StairRNN, layers.ExpRNN
_DYNAMIC = {"trivialization": "dynamic", "rebase_every": 3}

RECURRENT: dict[str, Entry] = {
    **{
        f"simple {name}": _layer(_SIMPLE, UNITS, activation=activation)
        for name, activation in ACTIVATIONS.items()
    },
    "simple stair": _layer(_SIMPLE, UNITS, stair="n2"),
    "lstm": _layer(layers.FusedLSTM, UNITS),
    "lstm stair": _layer(layers.FusedLSTM, UNITS, stair="n2"),
    "gru": _layer(layers.FusedGRU, UNITS),
    "exp": _layer(_EXP, UNITS, **_SMALL_SKEW),
    "exp tanh": _layer(_EXP, UNITS, activation="tanh", use_bias=True, **_SMALL_SKEW),
    "exp prelu": _layer(_EXP, UNITS, activation=PRELU, **_SMALL_SKEW),
    "exp gamma": _layer(_EXP, UNITS, activation=GAMMA, **_SMALL_SKEW),
    "exp cayley": _layer(_EXP, UNITS, orthogonal_map="cayley", **_SMALL_SKEW),
    "exp dynamic": _layer(_EXP, UNITS, **_DYNAMIC, **_SMALL_SKEW),
    "exp stair": _layer(_EXP, UNITS, stair="n2", **_SMALL_SKEW),
    "nnrnn": _layer(layers.NNRNN, UNITS, gamma_penalty=0.1, **_SMALL_SKEW),
    "nnrnn tanh": _layer(layers.NNRNN, UNITS, activation="tanh", t_mask="block"),
    "nnrnn gamma": _layer(layers.NNRNN, UNITS, activation=GAMMA),
    "eurnn": _layer(layers.EURNN, UNITS),
    "eurnn tunable": _layer(layers.EURNN, UNITS, capacity=4),
    "eurnn fft": _layer(layers.EURNN, UNITS, fft=True),
    "eurnn real": _layer(layers.EURNN, UNITS, complex=False),
    "eurnn real fft": _layer(
        layers.EURNN, UNITS, complex=False, fft=True, activation="tanh"
    ),
    "eurnn stair": _layer(layers.EURNN, UNITS, stair="n2"),
    "anru": _layer(layers.ANRU, UNITS, controller_units=3),
    "anru shapes": _layer(
        layers.ANRU, UNITS, controller_units=3, return_shapes=True, fused=False
    ),
    "anru stair": _layer(layers.ANRU, UNITS, controller_units=3, stair="n2"),
    "alif": _layer(layers.ALIF, UNITS, tau=2.0, smooth=False),
    "alif signed": _layer(layers.ALIF, UNITS, tau=2.0, signed_beta=True, smooth=False),
    "alif stair": _layer(
        layers.ALIF, UNITS, tau=2.0, stair="n2", smooth=False, fused=False
    ),
    "lru": _layer(layers.LRU, UNITS),
    "lru projected": _layer(layers.LRU, UNITS, features=3),
    "lru associative": _layer(layers.LRU, UNITS, scan="associative"),
    "lru block": _layer(layers.LRUBlock, UNITS, dropout=0.0, features=3),
    "lmu": _layer(layers.LMU, UNITS, order=3, theta=5.0),
    "lmu bias": _layer(
        layers.LMU, 2, order=2, theta=3.0, use_bias=True, activation="sigmoid"
    ),
    "min gru": _layer(layers.MinGRU, UNITS),
    "min gru linear": _layer(layers.MinGRU, UNITS, positive=False, scan="associative"),
    "min gru log": _layer(layers.MinGRU, UNITS, scan="log"),
    "min lstm": _layer(layers.MinLSTM, UNITS),
    "min lstm log": _layer(layers.MinLSTM, UNITS, scan="log"),
    "pascal": _layer(layers.PascalRNN, UNITS, features=1),
    "rg-lru": _layer(layers.RGLRU, UNITS, features=3),
    "rg-lru heads": _layer(layers.RGLRU, UNITS, heads=2, scan="associative"),
    "slstm": _layer(layers.SLSTM, UNITS),
    "slstm heads": _layer(layers.SLSTM, UNITS, heads=2, forget_gate="exponential"),
    "slstm stair": _layer(layers.SLSTM, UNITS, stair="n2"),
    "antisymmetric": _layer(layers.AntisymmetricRNN, UNITS, epsilon=0.1),
    "antisymmetric gated": _layer(
        layers.AntisymmetricRNN, UNITS, epsilon=0.1, gated=True
    ),
    "antisymmetric stair": _layer(
        layers.AntisymmetricRNN, UNITS, epsilon=0.1, stair="n2", fused=False
    ),
    "lipschitz": _layer(layers.LipschitzRNN, UNITS, epsilon=0.1),
    "cornn": _layer(layers.CoRNN, UNITS, dt=0.3, epsilon=2.0),
    "cornn implicit": _layer(layers.CoRNN, UNITS, dt=0.3, implicit_damping=True),
    "lem": _layer(layers.LEM, UNITS),
    "lem stair": _layer(layers.LEM, UNITS, stair="n2", fused=False),
    "sco": _layer(layers.ScoRNN, UNITS, negative_ones=1),
    "ind": _layer(layers.IndRNN, UNITS),
    "ind tanh bounded": _layer(
        layers.IndRNN, UNITS, activation="tanh", recurrent_bound=0.9
    ),
    "ind stair": _layer(layers.IndRNN, UNITS, stair="n2"),
    "free": _layer(layers.ParametrizedRNN, UNITS, _Part(Free), activation=MODRELU),
    "parametrized cayley": _layer(
        layers.ParametrizedRNN, UNITS, _Part(Orthogonal, orthogonal_map="cayley")
    ),
    "stair fixed": _layer(_STAIR, UNITS, "n2"),
    "stair alpha": _layer(_STAIR, UNITS, ALPHA),
    "stair exp-alpha": _layer(_STAIR, UNITS, EXP_ALPHA),
    "stair tanh exp-alpha": _layer(_STAIR, UNITS, EXP_ALPHA, activation="tanh"),
    "stair prelu exp-alpha": _layer(_STAIR, UNITS, EXP_ALPHA, activation=PRELU),
    "stair exp": _layer(_STAIR, UNITS, "n2", parametrization="exp"),
    "stair schur": _layer(_STAIR, UNITS, ALPHA, parametrization="schur"),
}
"""Builders of recurrent layers: `RECURRENT[name].make(**kwargs)`."""

CELLS: dict[str, Entry] = {
    "parametrized tanh": _layer(
        layers.ParametrizedRNNCell, UNITS, _Part(Orthogonal), activation="tanh"
    ),
    "parametrized schur": _layer(
        layers.ParametrizedRNNCell, UNITS, _Part(Schur), activation=PRELU
    ),
    "parametrized givens": _layer(
        layers.ParametrizedRNNCell, UNITS, _Part(Givens, complex=False)
    ),
    "exp": _layer(layers.ExpRNNCell, UNITS),
    "nnrnn": _layer(layers.NNRNNCell, UNITS),
    "eurnn": _layer(layers.EURNNCell, UNITS),
    "eurnn real": _layer(layers.EURNNCell, UNITS, complex=False),
    "anru": _layer(layers.ANRUCell, UNITS, controller_units=3),
    "alif": _layer(layers.ALIFCell, UNITS, tau=2.0, smooth=False),
    "lru": _layer(layers.LRUCell, UNITS),
    "lru block": _layer(layers.LRUBlockCell, UNITS, dropout=0.0, features=3),
    "lmu": _layer(layers.LMUCell, UNITS, order=3, theta=5.0),
    "min gru": _layer(layers.MinGRUCell, UNITS),
    "min lstm": _layer(layers.MinLSTMCell, UNITS),
    "pascal": _layer(layers.PascalRNNCell, UNITS, features=1),
    "rg-lru": _layer(layers.RGLRUCell, UNITS, features=3),
    "slstm": _layer(layers.SLSTMCell, UNITS, heads=2),
    "antisymmetric": _layer(layers.AntisymmetricRNNCell, UNITS, epsilon=0.1),
    "lipschitz": _layer(layers.LipschitzRNNCell, UNITS, epsilon=0.1),
    "cornn": _layer(layers.CoRNNCell, UNITS, dt=0.3, epsilon=2.0),
    "lem": _layer(layers.LEMCell, UNITS),
    "sco": _layer(layers.ScoRNNCell, UNITS, negative_ones=1),
    "ind": _layer(layers.IndRNNCell, UNITS),
    "stair": _layer(layers.StairCell, _Part(keras.layers.SimpleRNNCell, UNITS), "n2"),
    "stair gru": _layer(layers.StairCell, _Part(keras.layers.GRUCell, UNITS), ALPHA),
    "stair exp-alpha": _layer(
        layers.StairCell, _Part(keras.layers.SimpleRNNCell, UNITS), EXP_ALPHA
    ),
    "stair exp exp-alpha": _layer(
        layers.StairCell, _Part(layers.ExpRNNCell, UNITS), EXP_ALPHA
    ),
}
"""Builders of cells, for `keras.layers.RNN`: `CELLS[name].make(**kwargs)`."""

OTHERS: dict[str, Entry] = {
    "eunn": _layer(layers.EUNN),
    "activation regularization": _layer(layers.ActivationRegularization, 0.1, 0.1),
    "embedding dropout": _layer(layers.EmbeddingDropout, 0.5, 7),
    "tied embedding": _layer(layers.TiedEmbedding, 7, UNITS),
}
"""Builders of layers without a state."""


def first_of_each_kind(entries: dict[str, Entry]) -> list[str]:
    """The name of one entry for each exported class."""
    kinds = {entry.kind: name for name, entry in reversed(entries.items())}
    return [name for name in entries if name in kinds.values()]


def cells_of_no_layer() -> list[str]:
    """The name of one entry for each class of cells that no layer here has inside."""
    inside = {type(RECURRENT[n].make().cell) for n in first_of_each_kind(RECURRENT)}
    return [n for n in first_of_each_kind(CELLS) if CELLS[n].kind not in inside]
