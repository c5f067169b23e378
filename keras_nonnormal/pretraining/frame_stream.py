"""The time steps of batches of sequences, one after the other."""

from collections.abc import Iterable, Iterator
from typing import Any


class FrameStream:
    """A model's place in its data: the present frame, and the states before it.

    Iterating goes through all time steps of one batch after the other and yields the
    stream itself. Whoever advances the model puts the new states into `states`.

    Args:
        stack: The `FrameStack` or `BlockStack` of the model.
        batches: Iterable of inputs of the model.
        carried: Whether states are carried on from a batch to one of the same size,
            instead of zero states for each batch. Defaults to `False`.

    Attributes:
        frame: The present frame, as `stack.functions` takes it.
        states: States of all layers before it.
    """

    def __init__(self, stack: Any, batches: Iterable, carried: bool = False):
        self.frame: list = []
        self.states: list = []
        self._stack, self._batches, self._carried = stack, batches, carried
        self._size: int | None = None

    def __iter__(self) -> Iterator["FrameStream"]:
        for batch in self._batches:
            entries = self._stack.entries(batch)
            size = int(entries[-1].shape[0])
            if size != self._size or not self._carried:
                self._size = size
                self.restart()
            for t in range(self._stack.length(entries)):
                self.frame = self._stack.frame(entries, t)
                yield self

    def restart(self) -> None:
        """Forgets what came before, as after weights that made it infinite."""
        self.states = self._stack.initial_states(self._size)
