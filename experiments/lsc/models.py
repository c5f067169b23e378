"""The deep networks, recurrent and feed-forward."""

from typing import Any

import keras

from experiments.lsc.forward_options import ForwardOptions
from experiments.lsc.recurrent_options import DeepRnnOptions
from experiments.lsc.tables import SIMPLE, SPIKING
from keras_nonnormal.activations import cos, sin
from keras_nonnormal.layers import ALIF, FusedGRU, FusedLSTM, FusedSimpleRNN, LRUBlock


def recurrent_network(
    task, options: DeepRnnOptions, *, carried: bool = False
) -> keras.Model:
    """Recurrent layers one upon the other, with dropout before each, and a read-out.

    Args:
        task: A `keras_nonnormal.datasets.SequenceTask`.
        options: What network it is.
        carried: Whether states are inputs and outputs besides, in the form that
            `keras_nonnormal.training.CarriedState` takes. Weights are in the same
            order with and without.

    Returns:
        A functional `keras.Model`, not yet compiled: from frames
        `(batch, time, features)` or tokens `(batch, time)` to logits
        `(batch, time, classes)`.
    """
    if options.text:
        inputs = keras.Input((None,), dtype="int32", name="tokens")
        kind = "ReversibleEmbedding" if options.tied else "Embedding"
        embedding: Any = getattr(keras.layers, kind)(
            task.input_width,
            options.embedding,
            embeddings_initializer="glorot_uniform",
            name="embedding",
        )
        hidden = embedding(inputs)
    else:
        inputs = keras.Input((task.length, task.input_width), name="frames")
        embedding, hidden = None, inputs
    before: list[Any] = []
    after: list[Any] = []
    for number, units in enumerate(options.widths):
        # Always there, so that networks with and without it have the same layers.
        hidden = keras.layers.Dropout(options.dropout, name=f"dropout_{number}")(hidden)
        layer = recurrent_layer(options, units, f"recurrent_{number}", carried=carried)
        if carried:
            states = _state_inputs(layer, number)
            hidden, *new = layer(hidden, initial_state=states)
            before += states
            after += new
        else:
            hidden = layer(hidden)
    if options.tied_readout:
        logits = embedding(hidden, reverse=True)
    else:
        logits = keras.layers.Dense(task.output_width, name="readout")(hidden)
    name = f"{task.name}_{options.net}"
    if carried:
        return keras.Model([inputs, *before], [logits, *after], name=name)
    return keras.Model(inputs, logits, name=name)


def recurrent_layer(
    options: DeepRnnOptions, units: int, name: str, *, carried: bool = False
) -> Any:
    """One of the recurrent layers; it returns sequences."""
    settings = {"return_sequences": True, "return_state": carried, "name": name}
    match options.net:
        case "LSTM":
            return FusedLSTM(units, **settings)
        case "lru":
            return LRUBlock(units, **settings)
        case "GRU":
            return FusedGRU(units, **settings)
        case net if net in SIMPLE:
            return FusedSimpleRNN(
                units,
                activation=options.function,
                bias_initializer="glorot_uniform",
                **settings,
            )
        case net if net in SPIKING:
            return ALIF(
                units,
                tau_adaptation=float(options.steps // 2),
                signed_beta=net == "maLSNNb",
                dampening=options.dampening,
                **settings,
            )
    raise ValueError(f"Expected a known network. Received: {options.net!r}")


def _state_inputs(layer: Any, number: int) -> list[Any]:
    sizes = layer.state_size
    sizes = sizes if isinstance(sizes, (list, tuple)) else [sizes]
    return [
        keras.Input((size,), name=f"state_{number}_{place}")
        for place, size in enumerate(sizes)
    ]


def forward_network(task, options: ForwardOptions) -> keras.Model:
    """Dense layers, each with a nonlinearity behind it, and a linear read-out.

    Args:
        task: A `keras_nonnormal.datasets.ImageVectors` task.
        options: What network it is.

    Returns:
        A functional `keras.Model`, not yet compiled: from `(batch, pixels)` to logits
        `(batch, classes)`.
    """
    start: Any = f"{options.init}_normal"
    hidden = inputs = keras.Input((task.input_width,), name="pixels")
    function: Any = {"sin": sin, "cos": cos}.get(options.activation, "relu")
    for number in range(options.depth):
        hidden = keras.layers.Dense(
            options.width, kernel_initializer=start, name=f"dense_{number}"
        )(hidden)
        hidden = keras.layers.Activation(function, name=f"activation_{number}")(hidden)
    logits = keras.layers.Dense(
        task.output_width, kernel_initializer=start, name="readout"
    )(hidden)
    name = f"{options.dataset}_{options.activation}"
    return keras.Model(inputs, logits, name=name)
