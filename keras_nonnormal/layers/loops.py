"""The choice of a recurrent layer's time loop: the compiled one, or Keras's own."""

import contextlib
import contextvars
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

CHOICES = (True, False, "auto")

_everywhere: contextvars.ContextVar[bool | None] = contextvars.ContextVar(
    "fused_loops", default=None
)


@dataclass(frozen=True)
class LoopInUse:
    """The time loop of a call, and why it is that one.

    Attributes:
        fused: Whether it is the compiled recurrence rather than Keras's own loop.
        reason: The reason, in words.
    """

    fused: bool
    reason: str

    def __str__(self) -> str:
        loop = "the compiled recurrence" if self.fused else "Keras's own loop"
        return f"{loop}: {self.reason}"


@contextlib.contextmanager
def fused_loops(enabled: bool) -> Iterator[None]:
    """A context in which all recurrent layers of the library run in one kind of loop.

    It overrides the argument `fused` of the layers, in the thread that enters it.
    Functions that were traced before stay as they are.

    Args:
        enabled: `False` for Keras's own loop, which can be exported to any format and
            differentiated in any way; `True` for the compiled recurrence, or an error
            where a layer asks for what the compiled recurrence cannot do.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal import FusedSimpleRNN, fused_loops
    >>> layer = FusedSimpleRNN(4)
    >>> with fused_loops(False):
    ...     print(layer.loop_in_use())
    Keras's own loop: fused_loops(False)
    """
    token = _everywhere.set(bool(enabled))
    try:
        yield
    finally:
        _everywhere.reset(token)


def checked(fused: Any) -> Any:
    """The argument `fused` of a layer, if it is one of `CHOICES`."""
    if not any(fused is choice or fused == choice for choice in CHOICES):
        raise ValueError(
            f"Expected `fused` to be True, False or 'auto'. Received: fused={fused!r}"
        )
    return fused


def choose(layer: Any, obstacle: str | None, exported: bool) -> LoopInUse:
    """The loop of a layer.

    Args:
        layer: The recurrent layer; it has `fused`.
        obstacle: What the layer asks for that the compiled recurrence cannot do, or
            None.
        exported: Whether the layer is being exported to a format that knows nothing of
            XLA.

    Raises:
        ValueError: If the compiled recurrence is insisted on and cannot be had.
    """
    everywhere = _everywhere.get()
    wanted = layer.fused if everywhere is None else everywhere
    source = (
        f"fused={layer.fused!r}" if everywhere is None else f"fused_loops({wanted})"
    )
    if wanted is False:
        return LoopInUse(False, source)
    if obstacle is None and not exported:
        return LoopInUse(True, "nothing stands against it")
    reason = obstacle or "the model is being exported to ONNX or TFLite"
    if wanted is True and obstacle:
        raise ValueError(
            f"Layer '{layer.name}' ({type(layer).__name__}) cannot run in the compiled "
            f"recurrence, because of {reason}. Expected fused='auto' or False with "
            f"that. Received: {source}"
        )
    return LoopInUse(False, reason)
