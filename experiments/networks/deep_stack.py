"""The model of a deep recurrent network, with its states carried or not."""

from typing import Any

from experiments.core.program import Program
from experiments.networks.deep import SIMPLE, SPIKING


def build(program: Program, task: Any, carried: bool) -> Any:
    """Recurrent layers one upon the other, with dropout before each, and a read-out.

    Args:
        program: A program with a `DeepNetwork`.
        task: A `keras_nonnormal.datasets.SequenceTask`.
        carried: Whether states are inputs and outputs besides, in the form that
            `keras_nonnormal.training.CarriedState` takes. Weights are in the same
            order with and without.

    Returns:
        A functional `keras.Model`, not yet compiled: from frames
        `(batch, time, features)` or tokens `(batch, time)` to logits
        `(batch, time, classes)`.
    """
    import keras

    network = program.network
    if program.task.text:
        inputs = keras.Input((None,), dtype="int32", name="tokens")
        kind = "ReversibleEmbedding" if network.tied else "Embedding"
        embedding: Any = getattr(keras.layers, kind)(
            task.input_width,
            network.embedding,
            embeddings_initializer="glorot_uniform",
            name="embedding",
        )
        hidden = embedding(inputs)
    else:
        inputs = keras.Input((task.length, task.input_width), name="frames")
        embedding, hidden = None, inputs
    before: list[Any] = []
    after: list[Any] = []
    for number, units in enumerate(network.units_of(program.task)):
        # Always there, so that networks with and without it have the same layers.
        hidden = keras.layers.Dropout(network.dropout, name=f"dropout_{number}")(hidden)
        layer = recurrent_layer(program, units, f"recurrent_{number}", carried=carried)
        if carried:
            states = _state_inputs(layer, number)
            hidden, *new = layer(hidden, initial_state=states)
            before += states
            after += new
        else:
            hidden = layer(hidden)
    if program.task.text and network.tied:
        logits = embedding(hidden, reverse=True)
    else:
        logits = keras.layers.Dense(task.output_width, name="readout")(hidden)
    name = f"{task.name}_{network.net}"
    if carried:
        return keras.Model([inputs, *before], [logits, *after], name=name)
    return keras.Model(inputs, logits, name=name)


def recurrent_layer(
    program: Program, units: int, name: str, *, carried: bool = False
) -> Any:
    """One of the recurrent layers; it returns sequences."""
    from keras_nonnormal.layers import (
        ALIF,
        FusedGRU,
        FusedLSTM,
        FusedSimpleRNN,
        LRUBlock,
    )

    network = program.network
    settings = {"return_sequences": True, "return_state": carried, "name": name}
    match network.net:
        case "LSTM":
            return FusedLSTM(units, **settings)
        case "lru":
            return LRUBlock(units, **settings)
        case "GRU":
            return FusedGRU(units, **settings)
        case net if net in SIMPLE:
            return FusedSimpleRNN(
                units,
                activation=network.function(program.task),
                bias_initializer="glorot_uniform",
                **settings,
            )
        case net if net in SPIKING:
            return ALIF(
                units,
                tau_adaptation=float(program.task.longest // 2),
                signed_beta=net == "maLSNNb",
                dampening=network.dampening,
                **settings,
            )
    raise ValueError(f"Expected a known network. Received: {network.net!r}")


def _state_inputs(layer: Any, number: int) -> list[Any]:
    import keras

    sizes = layer.state_size
    sizes = sizes if isinstance(sizes, (list, tuple)) else [sizes]
    return [
        keras.Input((size,), name=f"state_{number}_{place}")
        for place, size in enumerate(sizes)
    ]
