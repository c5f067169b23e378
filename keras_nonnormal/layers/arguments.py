"""Keyword arguments of the recurrent layers, for type checkers and messages.

A layer and its cell share one declaration: the signature of the cell. `**kwargs` of a
cell is `Unpack[...]` of a dictionary below and lists those of the layer's loop, too;
Keras refuses them at a cell that stands alone.
"""

import difflib
import inspect
from collections.abc import Callable
from typing import Any, Concatenate, Literal, ParamSpec, TypedDict, get_args

P = ParamSpec("P")


class LoopArguments(TypedDict, total=False):
    """The arguments of every recurrent layer, which are those of `keras.layers.RNN`."""

    fused: bool | Literal["auto"]
    return_sequences: bool
    return_state: bool
    go_backwards: bool
    stateful: bool
    unroll: bool
    zero_output_for_mask: bool
    activity_regularizer: Any
    input_shape: Any
    input_dim: int
    name: str | None
    dtype: Any
    autocast: bool
    trainable: bool


class StairArguments(LoopArguments, total=False):
    """The arguments of a layer that can have a stair."""

    stair: Any
    reset_step: bool


class KernelArguments(TypedDict, total=False):
    """The input kernel's arguments and dropout, but for the initializer."""

    kernel_regularizer: Any
    kernel_constraint: Any
    dropout: float
    recurrent_dropout: float
    seed: Any


class BiasArguments(TypedDict, total=False):
    """The bias's arguments, but for `use_bias`, whose default differs."""

    bias_initializer: Any
    bias_regularizer: Any
    bias_constraint: Any


class RecurrentArguments(TypedDict, total=False):
    """The recurrent kernel's arguments, but for the initializer."""

    recurrent_regularizer: Any
    recurrent_constraint: Any


class ParametrizedArguments(
    StairArguments, KernelArguments, BiasArguments, total=False
):
    """The arguments of a layer whose recurrent matrix is made of other variables."""


class SimpleRNNArguments(ParametrizedArguments, RecurrentArguments, total=False):
    """The arguments of a layer of the library with an own recurrent kernel."""

    use_bias: bool


class KerasArguments(
    LoopArguments, KernelArguments, BiasArguments, RecurrentArguments, total=False
):
    """The arguments that `keras.layers.SimpleRNN`, `LSTM` and `GRU` share."""

    use_bias: bool
    kernel_initializer: Any
    recurrent_initializer: Any


class GateArguments(KerasArguments, total=False):
    """The arguments that `keras.layers.LSTM` and `GRU` share."""

    activation: Any
    recurrent_activation: Any
    use_cudnn: bool | Literal["auto"]
    implementation: int


def arguments_of(
    cell_class: Callable[P, Any],
) -> Callable[[Any], Callable[Concatenate[Any, P], None]]:
    """A decorator that types the `__init__` of a layer as that of its cell.

    It is for type checkers alone; at run time the function stays as it is.
    """
    return lambda init: init


def parameters_of(layer_class: Any) -> tuple[inspect.Parameter, ...]:
    """All parameters of a layer, with the keys of `**kwargs: Unpack[...]` as keywords.

    Args:
        layer_class: A class whose `__init__` names its arguments, or one that hands
            `*args` on to its `cell_class`.
    """
    _, *parameters = inspect.signature(layer_class.__init__).parameters.values()
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        cell_class = getattr(layer_class, "cell_class", None)
        return () if cell_class is None else parameters_of(cell_class)
    keywords = [
        inspect.Parameter(
            name,
            p.KEYWORD_ONLY,
            default="auto" if name == "fused" else _UNSTATED,
            annotation=annotation,
        )
        for p in parameters
        if p.kind is p.VAR_KEYWORD
        for typed in get_args(p.annotation)
        for name, annotation in typed.__annotations__.items()
    ]
    if keywords:
        parameters.pop()
    return (*parameters, *keywords)


class _Unstated:
    """The default of an argument that is handed on, as signatures show it."""

    def __repr__(self) -> str:
        return "..."


_UNSTATED = _Unstated()


def check_names(kind: type, arguments: dict[str, Any]) -> None:
    """Raises a ValueError for arguments that a class of layers does not have."""
    parameters = parameters_of(kind)
    known = {p.name for p in parameters}
    if not known or any(p.kind is p.VAR_KEYWORD for p in parameters):
        return  # it takes any, and Keras sees to them
    for name, value in arguments.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            expected = f"`{near[0]}`" if near else f"what help({kind.__name__}) lists"
            raise ValueError(
                f"{kind.__name__} has no argument `{name}`: expected {expected}. "
                f"Received: {name}={value!r}"
            )
