"""The language models of Orhan and Pitkow (2020): recurrent layers in a stack."""

import math
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from keras.initializers import RandomUniform
from keras.layers import SpatialDropout1D

from keras_nonnormal.initializers import lstm_initializers, simple_rnn_initializers
from keras_nonnormal.layers import (
    ActivationRegularization,
    EmbeddingDropout,
    FusedLSTM,
    FusedSimpleRNN,
    TiedEmbedding,
)

CELLS = ("rnn", "lstm")


def language_model(
    vocabulary: int,
    cell: str = "rnn",
    embedding: int = 400,
    hidden: int = 1150,
    layers: int = 3,
    *,
    start: str | Sequence[str] = "chain",
    gain: float | None = None,
    feedback_gain: float | None = None,
    activation: str = "tanh",
    tied: bool = True,
    dropout_input: float = 0.0,
    dropout_hidden: float = 0.0,
    dropout_output: float = 0.0,
    dropout_embedding: float = 0.0,
    dropout_weight: float = 0.0,
    dropout_recurrent: float = 0.0,
    ar: float = 0.0,
    tar: float = 0.0,
    padded: bool = False,
    batch_size: int | None = None,
    length: int | None = None,
    seed: int | None = None,
) -> keras.Model:
    """An embedding, recurrent layers on top of one another, and a read-out of logits.

    The layers are as wide as `hidden`, but if the read-out is tied the last one is as
    wide as the embedding. Each runs on the compiled recurrence, unless
    `dropout_recurrent` asks for Keras's own loop.

    The network takes its states and gives them back, layer by layer: the hidden state
    and, of an LSTM, the cell state. `keras_nonnormal.training.CarriedState` carries
    them from chunk to chunk.

    Args:
        vocabulary: How many different tokens there are.
        cell: `"rnn"` or `"lstm"`.
        embedding: Width of the embedding.
        hidden: Width of the recurrent layers.
        layers: Number of recurrent layers.
        start: Start of the recurrent layers by name, one for all or one for each; see
            `simple_rnn_initializers` and `lstm_initializers`. A layer with fewer units
            than inputs, such as the last one of the chains, begins with the last inputs
            disconnected, as published.
        gain: The gain of the start: of orthogonal and identity matrices, and from each
            unit of a chain to the next. None takes the default of the start.
        feedback_gain: From each unit of an `"fbchain"` to the one before. None takes
            the default.
        activation: Activation of `"rnn"` layers, and of an LSTM's cell.
        tied: Whether the read-out has the embedding's matrix, and a bias.
        dropout_input: Fraction of the embedding's features to drop, at all time steps
            of a call alike ("locked").
        dropout_hidden: The same between recurrent layers.
        dropout_output: The same behind the last one.
        dropout_embedding: Fraction of the vocabulary to drop from the input.
        dropout_weight: Fraction of the recurrent weights to drop.
        dropout_recurrent: Fraction of the fed-back features to drop.
        ar: Weight of activation regularisation of the output, after its dropout.
        tar: Weight of temporal activation regularisation, before that dropout.
        padded: Whether chunks may end in padding, tokens of -1: the states do not
            change there.
        batch_size: Columns of a batch, if they are to be fixed.
        length: Time steps of a chunk, if they are to be fixed.
        seed: Non-negative integer for all that is random: initial weights and dropout.
            None leaves it to `keras.utils.set_random_seed`.

    Returns:
        A functional `keras.Model`, not yet compiled, from `[tokens, *states]` to
        `[logits, *new_states]`: int32 `(batch, time)` and `(batch, units)` each, to
        `(batch, time, vocabulary)` and `(batch, units)` each.

    Raises:
        ValueError: If there is no such cell or start, the starts are not one for each
            layer, or a gain does not belong to any of them.

    Example:

    >>> model = language_model(50, "lstm", embedding=8, hidden=16, start="mixed")
    >>> [state.shape[-1] for state in model.inputs[1:]]
    [16, 16, 16, 16, 8, 8]

    Reference:
        - [Orhan and Pitkow, 2020](https://arxiv.org/abs/1905.13715), sections
          3.1.2 and 3.3
        - [Merity et al., 2017](https://arxiv.org/abs/1708.02182)
    """
    starts = _checked(cell, layers, start, feedback_gain)
    seeds = _seeds(seed)
    widths = [hidden] * (layers - 1) + [embedding if tied else hidden]

    def dropped(x, rate):
        return SpatialDropout1D(rate, seed=next(seeds))(x) if rate else x

    tokens = keras.Input((length,), batch_size, dtype="int32", name="tokens")
    known, present = tokens, None
    if padded:
        known, present = ops.maximum(tokens, 0), tokens >= 0
    uniform: Any = RandomUniform(-0.1, 0.1, next(seeds))
    table: Any = (TiedEmbedding if tied else keras.layers.Embedding)(
        vocabulary, embedding, embeddings_initializer=uniform, name="embedding"
    )
    x = table(known)
    if dropout_embedding:
        forget = EmbeddingDropout(dropout_embedding, vocabulary, next(seeds))
        x = forget(x, known)
    x = dropped(x, dropout_input)

    states, new_states = [], []
    for number, (units, name) in enumerate(zip(widths, starts, strict=True), 1):
        layer = _recurrent_layer(
            cell,
            units,
            start=name,
            gain=gain,
            feedback_gain=feedback_gain if name == "fbchain" else None,
            seeds=seeds,
            activation=activation,
            weight_dropout=dropout_weight,
            recurrent_dropout=dropout_recurrent,
            name=f"recurrent_{number}",
        )
        kinds = ("hidden",) if cell == "rnn" else ("hidden", "cell")
        before = [
            keras.Input((units,), batch_size, name=f"{kind}_{number}") for kind in kinds
        ]
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Source connects")
            x, *after = layer(x, initial_state=before, mask=present)
        states, new_states = [*states, *before], [*new_states, *after]
        if number < layers:
            x = dropped(x, dropout_hidden)
    if tar:
        x = ActivationRegularization(beta=tar, name="tar")(x, mask=present)
    x = dropped(x, dropout_output)
    if ar:
        x = ActivationRegularization(alpha=ar, name="ar")(x, mask=present)

    # A copy, because the mask stays behind: losses have the weights of the targets.
    x = ops.copy(x) if padded else x
    if tied:
        logits = table(x, reverse=True)
    else:
        uniform = RandomUniform(-0.1, 0.1, next(seeds))
        readout = keras.layers.Dense(
            vocabulary, kernel_initializer=uniform, name="readout"
        )
        logits = readout(x)
    return keras.Model(
        [tokens, *states], [logits, *new_states], name=f"language_{cell}"
    )


def _checked(cell, layers, start, feedback_gain) -> list[str]:
    """The start of each layer."""
    if cell not in CELLS:
        raise ValueError(
            f"Expected `cell` to be one of {', '.join(map(repr, CELLS))}. "
            f"Received: cell={cell!r}"
        )
    starts = [start] * layers if isinstance(start, str) else list(start)
    if len(starts) != layers:
        raise ValueError(
            f"Expected `start` to be one name, or one for each of {layers} layers. "
            f"Received: start={start!r}"
        )
    if feedback_gain is not None and "fbchain" not in starts:
        raise ValueError(
            "Only 'fbchain' has a `feedback_gain`: expected it to be left out. "
            f"Received: start={start!r}, feedback_gain={feedback_gain!r}"
        )
    return starts


def _recurrent_layer(
    cell, units, *, start, gain, feedback_gain, seeds, **settings: Any
) -> Any:
    initializers = simple_rnn_initializers if cell == "rnn" else lstm_initializers
    gains = {"scale": gain}
    if start == "fbchain":
        gains = {"scale": feedback_gain, "forward_gain": gain}
    matrices: Any = initializers(start, units, **gains, seed=next(seeds))
    settings["kernel_initializer"], settings["recurrent_initializer"] = matrices
    if start == "plain":  # which is PyTorch's default, also for the biases
        bound = 1 / math.sqrt(units)
        settings["bias_initializer"] = RandomUniform(-bound, bound, next(seeds))
        if cell == "lstm":
            settings["unit_forget_bias"] = False
    return (FusedSimpleRNN if cell == "rnn" else FusedLSTM)(
        units,
        return_sequences=True,
        return_state=True,
        seed=next(seeds),
        **settings,
    )


def _seeds(seed: int | None) -> Iterator[int | None]:
    """As many unrelated seeds as one likes; None, of None."""
    random = None if seed is None else np.random.default_rng(seed)
    while True:
        yield None if random is None else int(random.integers(2**31))
