"""Built Keras models as graphs of layers that can be run one by one."""

from collections.abc import Callable
from typing import Any

import keras


def run_graph(model: Any, inputs: Any, call: Callable) -> Any:
    """Runs a Sequential or functional model with `call(layer, *args, **kwargs)`.

    Nested models are entered, so `call` sees their layers one by one.
    """
    graph = getattr(model, "_functional", None) or model

    def operation(op):
        if is_graph(op):
            return lambda *args, **kwargs: run_graph(op, args[0], call)
        return lambda *args, **kwargs: call(op, *args, **kwargs)

    return graph._run_through_graph(inputs, operation_fn=operation)


def is_graph(layer: Any) -> bool:
    """Whether a layer is a model that Keras knows as a graph of layers."""
    if isinstance(layer, keras.Sequential):
        return layer.built and getattr(layer, "_functional", None) is not None
    return isinstance(layer, keras.Model) and hasattr(layer, "_run_through_graph")


def check_model(model: Any) -> None:
    """Raises an error unless the model is a built graph of layers."""
    if not isinstance(model, keras.Model):
        raise ValueError(
            f"Expected a keras.Model. Received: model={model!r} (of type {type(model)})"
        )
    if not model.built or not model.weights:
        raise ValueError(
            f"Expected a built model. Received: model '{model.name}', which has no "
            "weights yet; give it an Input, or call it on data once"
        )
    if not is_graph(model):
        raise ValueError(
            "Expected a Sequential or functional model, whose layers can be seen. "
            f"Received: model '{model.name}' of class {type(model).__name__}, which "
            "overrides `call`"
        )
