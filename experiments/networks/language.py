"""Language models of recurrent layers: Orhan and Pitkow (2020), sections 3.1.2 and 3.3.

https://arxiv.org/abs/1905.13715, in the manner of Merity, Keskar and Socher (2017),
https://arxiv.org/abs/1708.02182.
"""

import itertools
import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from experiments.core.options import option
from experiments.core.parts import Network
from experiments.networks.start import GAINS as STARTS_GAINS

STARTS = {
    "rnn": ("orthogonal", "identity", "chain", "fbchain", "plain"),
    "lstm": ("orthogonal", "chain", "fbchain", "plain", "mixed"),
}
DEFAULTS = {name: gain.default for name, gain in STARTS_GAINS.items()}
FEEDBACK_GAIN = DEFAULTS["fbchain"]
# Of fbchain the gain is that along the chain; mixed has the chain's.
GAINS = {**DEFAULTS, "fbchain": 0.99, "mixed": DEFAULTS["chain"]}
RATE = {"low": 0, "high": 0.99}  # of dropout


@dataclass(frozen=True)
class LanguageNetwork(Network):
    """An embedding, recurrent layers on top of one another, and a read-out."""

    names, recipes = ("language",), ("awd",)

    cell: str = option("rnn", "kind of recurrent layers", choices=STARTS)
    layers: int = option(3, "recurrent layers", low=1, alias="nlayers")
    emsize: int = option(400, "width of the embedding", low=1)
    units: int = option(
        1150, "their width; of a tied last one, --emsize", low=1, alias="nhid"
    )
    activation: str = option(
        "tanh", "of these layers", choices=("tanh", "relu", "elu", "sigmoid")
    )
    tied: bool = option(True, "the read-out has the weights of the embedding")
    init: str = option(
        "chain",
        "start of the recurrent layers; identity for rnn alone, mixed for lstm alone",
        choices=("orthogonal", "identity", "chain", "fbchain", "plain", "mixed"),
        alias="start",
    )
    gain: float | None = option(
        None,
        "gain of the start, forward gain of fbchain; default: "
        + ", ".join(f"{gain:g} for {name}" for name, gain in GAINS.items()),
        above=0,
        high=2,
    )
    feedback_gain: float | None = option(
        None, f"feedback gain of fbchain; default: {FEEDBACK_GAIN}", above=0, high=0.25
    )
    dropout_input: float = option(
        0.1,
        "dropout of the embedding's features, the same at all steps of a chunk",
        alias="dropouti",
        **RATE,
    )
    dropout_hidden: float = option(0.1, "between layers", alias="dropouth", **RATE)
    dropout_output: float = option(
        0.1, "behind the last layer", alias="dropout", **RATE
    )
    dropout_embedding: float = option(0.1, "of whole tokens", alias="dropoute", **RATE)
    dropout_weight: float = option(0.1, "of recurrent weights", alias="wdrop", **RATE)
    dropout_recurrent: float = option(0.0, "of what is fed back; slow", **RATE)
    ar: float = option(
        2.0, "weight of the squares of activations in the loss", low=0, alias="alpha"
    )
    tar: float = option(1.0, "weight of their changes", low=0, alias="beta")

    def __post_init__(self):
        super().__post_init__()
        known = STARTS[self.cell]
        starts = f"{self.cell} starts from one of {', '.join(known)}"
        self.refuse_if(self.init not in known, "init", starts)
        feedback = FEEDBACK_GAIN if self.init == "fbchain" else None
        usual = {"gain": GAINS.get(self.init), "feedback_gain": feedback}
        for name, gain in usual.items():
            given = getattr(self, name) is not None
            self.refuse_if(given and gain is None, name, f"{self.init} has none")
        self.fill(**usual)

    def words(self, program):
        words = [self.cell, self.init]
        if self.gain is not None:
            words.append(f"gain {self.gain:g}")
        if self.feedback_gain is not None:
            words.append(f"feedback {self.feedback_gain:g}")
        return words

    def label(self, program):
        return f"{program.task.corpus}-{self.cell}-{self.init}"

    def model(self, program, task):
        padded, seed = program.task.vary_length, program.run.seed
        return self.build(task.input_width, padded=padded, seed=seed)

    def build(
        self, vocabulary: int, *, padded: bool = False, seed: int | None = None
    ) -> Any:
        """The network, which takes its states and gives them back, layer by layer.

        A layer with fewer units than inputs, such as the last one of the chains, begins
        with the last inputs disconnected, as published. Layers run on the compiled
        recurrence, unless `dropout_recurrent` asks for Keras's own loop.

        Args:
            vocabulary: How many different tokens there are.
            padded: Whether chunks may end in padding, tokens of -1: the states do not
                change there.
            seed: Non-negative integer for initial weights and dropout. None leaves it
                to `keras.utils.set_random_seed`.

        Returns:
            A functional `keras.Model`, not yet compiled, from `[tokens, *states]` to
            `[logits, *new_states]`: int32 `(batch, time)` and `(batch, units)` each, to
            `(batch, time, vocabulary)` and `(batch, units)` each; of an LSTM hidden and
            cell states. `keras_nonnormal.training.CarriedState` carries them.
        """
        import keras
        from keras import ops
        from keras.initializers import RandomUniform
        from keras.layers import SpatialDropout1D

        from experiments.networks.stack import with_states
        from keras_nonnormal.layers import (
            ActivationRegularization,
            EmbeddingDropout,
            TiedEmbedding,
        )

        seeds = _seeds(seed)

        def dropped(x, rate):
            return SpatialDropout1D(rate, seed=next(seeds))(x) if rate else x

        tokens = keras.Input((None,), dtype="int32", name="tokens")
        known, present = tokens, None
        if padded:
            known, present = ops.maximum(tokens, 0), tokens >= 0
        uniform: Any = RandomUniform(-0.1, 0.1, next(seeds))
        table: Any = (TiedEmbedding if self.tied else keras.layers.Embedding)(
            vocabulary, self.emsize, embeddings_initializer=uniform, name="embedding"
        )
        x = table(known)
        if self.dropout_embedding:
            forget = EmbeddingDropout(self.dropout_embedding, vocabulary, next(seeds))
            x = forget(x, known)
        x = dropped(x, self.dropout_input)

        states, new_states = [], []
        kinds = ("hidden",) if self.cell == "rnn" else ("hidden", "cell")
        for number, units in enumerate(self.widths, 1):
            layer = self._layer(units, f"recurrent_{number}", seeds)
            names = (f"{kind}_{number}" for kind in kinds)
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Source connects")
                x, before, after = with_states(layer, x, names, mask=present)
            states, new_states = [*states, *before], [*new_states, *after]
            if number < self.layers:
                x = dropped(x, self.dropout_hidden)
        if self.tar:
            x = ActivationRegularization(beta=self.tar, name="tar")(x, mask=present)
        x = dropped(x, self.dropout_output)
        if self.ar:
            x = ActivationRegularization(alpha=self.ar, name="ar")(x, mask=present)

        # A copy: the mask stays behind, for losses have the weights of the targets.
        x = ops.copy(x) if padded else x
        if self.tied:
            logits = table(x, reverse=True)
        else:
            uniform = RandomUniform(-0.1, 0.1, next(seeds))
            logits = keras.layers.Dense(
                vocabulary, kernel_initializer=uniform, name="readout"
            )(x)
        name = f"language_{self.cell}"
        return keras.Model([tokens, *states], [logits, *new_states], name=name)

    @property
    def widths(self) -> list[int]:
        """Units of every recurrent layer."""
        return [self.units] * (self.layers - 1) + [
            self.emsize if self.tied else self.units
        ]

    def parameters(self, program, task):
        gates = 4 if self.cell == "lstm" else 1
        recurrent = sum(
            gates * (inputs + units + 1) * units
            for inputs, units in itertools.pairwise([self.emsize, *self.widths])
        )
        readout = task.input_width * (1 if self.tied else self.units + 1)
        return task.input_width * self.emsize + recurrent + readout

    def remarks(self, program, given):
        if not self.tied and program.task.corpus in ("ptb-word", "wikitext-2"):
            yield "--no-tied: the read-out of words is large; published ones are tied"

    def _layer(self, units: int, name: str, seeds: Iterator[int | None]) -> Any:
        from keras.initializers import RandomUniform

        from keras_nonnormal.initializers import (
            lstm_initializers,
            simple_rnn_initializers,
        )
        from keras_nonnormal.layers import FusedLSTM, FusedSimpleRNN

        rnn, start = self.cell == "rnn", self.init
        gains = {"scale": self.gain}
        if start == "fbchain":
            gains = {"scale": self.feedback_gain, "forward_gain": self.gain}
        initializers: Any = simple_rnn_initializers if rnn else lstm_initializers
        kernel, recurrent = initializers(start, units, **gains, seed=next(seeds))
        settings: dict[str, Any] = {}
        if start == "plain":  # which is PyTorch's default, also for the biases
            bound = 1 / math.sqrt(units)
            settings["bias_initializer"] = RandomUniform(-bound, bound, next(seeds))
            if not rnn:
                settings["unit_forget_bias"] = False
        layer: Any = FusedSimpleRNN if rnn else FusedLSTM
        return layer(
            units,
            activation=self.activation,
            kernel_initializer=kernel,
            recurrent_initializer=recurrent,
            weight_dropout=self.dropout_weight,
            recurrent_dropout=self.dropout_recurrent,
            return_sequences=True,
            return_state=True,
            seed=next(seeds),
            name=name,
            **settings,
        )


def _seeds(seed: int | None) -> Iterator[int | None]:
    """As many unrelated seeds as one likes; None, of None."""
    import numpy as np

    random = None if seed is None else np.random.default_rng(seed)
    while True:
        yield None if random is None else int(random.integers(2**31))
