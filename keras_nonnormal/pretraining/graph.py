"""A Keras model as a graph whose recurrent layers can be run step by step."""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from keras_nonnormal._model_graph import run_graph


@dataclass(frozen=True)
class Sources:
    """The recurrent layers and read-outs that a tensor of a model depends on.

    Attributes:
        stages: Indices of the recurrent stages it depends on directly.
        readouts: The last layers with a kernel on the way from there.
    """

    stages: frozenset = frozenset()
    readouts: tuple = ()


def is_recurrent(layer: Any) -> bool:
    """Whether a layer goes along time by a cell of `call(inputs, states)`."""
    return isinstance(layer, keras.layers.RNN) or hasattr(layer, "frame_cell")


def cells_of(layer: Any) -> list:
    """The cells of a recurrent layer, bottom to top."""
    cell = getattr(layer, "frame_cell", None) or layer.cell
    stacked = isinstance(cell, keras.layers.StackedRNNCells)
    return list(cell.cells) if stacked else [cell]


def directions(layer: Any) -> tuple:
    """The recurrent layers that a layer stands for: none, itself, or its two."""
    if isinstance(layer, keras.layers.Bidirectional):
        return layer.forward_layer, layer.backward_layer
    return (layer,) if is_recurrent(layer) else ()


def merged(layer: Any, outputs: list) -> Any:
    """The output of a layer of `directions` from the outputs of these."""
    if not isinstance(layer, keras.layers.Bidirectional):
        return outputs[0]
    forward, backward = outputs
    if layer.merge_mode is None:
        return [forward, backward]
    return {
        "concat": lambda: ops.concatenate([forward, backward], axis=-1),
        "sum": lambda: forward + backward,
        "ave": lambda: (forward + backward) / 2,
        "mul": lambda: forward * backward,
    }[layer.merge_mode]()


def trace_sources(model: Any, inputs: int) -> tuple[list, list, Sources]:
    """The recurrent stages of a model, what each depends on, and what its output does.

    Args:
        model: The model.
        inputs: How many inputs it has.

    Returns:
        The list of pairs (layer, cell) from bottom to top, the list of the `Sources` of
        the input of each, and the `Sources` of the model's output.
    """
    stages, below = [], []

    def call(layer, *args, **kwargs):
        source = union([*args, *kwargs.values()])
        found = directions(layer)
        if not found:
            if getattr(layer, "kernel", None) is not None and source.stages:
                source = Sources(source.stages, (layer,))
            return [source] * MOST_OUTPUTS
        if kwargs.get("initial_state") is not None or len(args) > 1:
            raise ValueError(
                f"Layer '{layer.name}' is called with an `initial_state`. Expected "
                "recurrent layers that begin at their own, on one common time axis"
            )
        tops = []
        for each in found:
            own = source
            for cell in cells_of(each):
                stages.append((each, cell))
                below.append(own)
                own = Sources(frozenset([len(stages) - 1]))
            tops.append(own)
        return [union(tops)] * MOST_OUTPUTS

    outputs = run_graph(model, [Sources()] * inputs, call)
    if len({id(cell) for _, cell in stages}) < len(stages):
        raise ValueError(
            "A recurrent layer is called more than once in the model. Expected each "
            "to be called once"
        )
    seen = {id(part) for layer, _ in stages for part in layer._flatten_layers()}
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.RNN) and id(layer) not in seen:
            raise ValueError(
                f"The recurrent layer '{layer.name}' stands inside another layer's "
                "`call`. Expected it in the graph of the model"
            )
    return stages, below, union([outputs])


MOST_OUTPUTS = 64
"""More than a layer gives out; what is too much is not looked at."""


class Found(Exception):
    """Ends a run through the graph whose result has been computed."""


def inference(layer: Any, kwargs: dict) -> dict:
    """Call arguments without training; masks are not followed."""
    kwargs = {k: v for k, v in kwargs.items() if k != "mask"}
    if getattr(layer, "_call_has_training_arg", False):
        kwargs["training"] = False
    return kwargs


def union(values: list) -> Sources:
    """The sources of all tensors in a nest of arguments."""
    found = [v for v in keras.tree.flatten(values) if isinstance(v, Sources)]
    stages = frozenset().union(*(each.stages for each in found))
    readouts = tuple(dict.fromkeys(r for each in found for r in each.readouts))
    return Sources(stages, readouts)
