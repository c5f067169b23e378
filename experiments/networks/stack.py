"""The model of a network and a task: embedding, recurrent layer, read-out."""

import itertools
from collections.abc import Iterable
from typing import Any

import keras
from keras.initializers import Constant, RandomUniform

from experiments.core.program import Program
from keras_nonnormal.activations import Stair
from keras_nonnormal.initializers import bias_initializer, kernel_initializer
from keras_nonnormal.layers import TiedEmbedding
from keras_nonnormal.layers.stair_cell import bare


def build(program: Program, task: Any) -> keras.Model:
    """An embedding where the task has tokens, a recurrent layer, a linear read-out.

    Args:
        program: What network it is, and how it starts.
        task: A `keras_nonnormal.datasets.SequenceTask`.

    Returns:
        A functional `keras.Model`, not yet compiled. For a text it takes tokens and
        states, and gives logits and new states (see
        `keras_nonnormal.training.CarriedState`).
    """
    network = program.network
    model = (_language_model if task.stateful else _sequence_model)(program, task)
    cell = bare(model.get_layer("recurrent").cell)
    if network.paired_biases and not hasattr(network, "controller"):  # zero in ANRU
        # The published network has a bias in both of its products; here is their sum.
        cell.bias.assign_add(bias_initializer(network.units)(cell.bias.shape))
    return model


def recurrent_layer(program: Program, features: int, **loop: Any) -> Any:
    """The recurrent layer of a program, with its stair if it has one.

    Further arguments are those of `Recurrent.layer`.
    """
    network = program.network
    loop = {"name": "recurrent", **loop}
    schedule = getattr(network, "stair", None)
    if schedule is None:  # a network without stairs
        loop.pop("reset_step", None)
    else:
        loop["stair"] = _stair(network, schedule, program.task.alpha_start)
    return network.layer(features, **loop)


def _stair(network: Any, schedule: str, height: float) -> Stair | None:
    if schedule == "none":
        return None
    start = Constant(height) if schedule == "alpha" else None
    return Stair(
        schedule,
        network.learned_steps or None,
        start,
        network.clip_exponent,
        name="stair",
    )


def _sequence_model(program: Program, task: Any) -> keras.Model:
    inputs = keras.Input((task.length, task.input_width), name="sequence")
    hidden = recurrent_layer(program, task.input_width, return_sequences=task.per_step)(
        inputs
    )
    outputs = _readout(program, task, task.input_width)(hidden)
    name = f"{task.name}_{program.network.net_type}"
    return keras.Model(inputs, outputs, name=name)


def _language_model(program: Program, task: Any) -> keras.Model:
    options = program.task
    uniform: Any = RandomUniform(-0.1, 0.1)
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    kind = TiedEmbedding if options.tied else keras.layers.Embedding
    embedding: Any = kind(
        task.input_width,
        options.emsize,
        embeddings_initializer=uniform,
        name="embedding",
    )
    layer = recurrent_layer(
        program,
        options.emsize,
        return_sequences=True,
        return_state=True,
        reset_step=not options.carry_step,
    )
    names = map("state_{}".format, itertools.count())
    hidden, states, new_states = with_states(layer, embedding(tokens), names)
    if options.tied:
        logits = embedding(hidden, reverse=True)
    else:
        logits = _readout(program, task, options.emsize)(hidden)
    name = f"{task.name}_{program.network.net_type}"
    return keras.Model([tokens, *states], [logits, *new_states], name=name)


def with_states(
    layer: Any, inputs: Any, names: Iterable[str], **call: Any
) -> tuple[Any, list[Any], list[Any]]:
    """A recurrent layer that takes its states and gives them back.

    Args:
        layer: The layer, with `return_state`.
        inputs: Its input.
        names: Names for the states.
        **call: More that it is called with, such as `mask`.

    Returns:
        Its output, its states as inputs of a model, and its new states.
    """
    sizes = layer.state_size
    sizes = [sizes] if isinstance(sizes, int) else sizes
    pairs = zip(sizes, names, strict=False)
    states = [keras.Input((size,), name=name) for size, name in pairs]
    output, *new_states = layer(inputs, initial_state=states, **call)
    return output, states, new_states


def _readout(program: Program, task: Any, features: int) -> keras.layers.Dense:
    """The read-out, started as that of the task, or as its network wants it."""
    start: dict[str, Any] = program.network.readout(features, task.output_width)
    if not start and task.stateful:
        uniform = RandomUniform(-0.1, 0.1)
        start = {"kernel_initializer": uniform, "bias_initializer": "zeros"}
    elif not start:
        digits = task.classification and not task.per_step
        start = {
            "kernel_initializer": kernel_initializer(
                "torch_default" if digits else "xavier"
            ),
            "bias_initializer": bias_initializer(program.network.units),
        }
    return keras.layers.Dense(task.output_width, **start, name="readout")
