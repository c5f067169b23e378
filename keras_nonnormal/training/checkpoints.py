import sys
from pathlib import Path
from typing import Any

import keras

from keras_nonnormal.training.run_directory import RunDirectoryError
from keras_nonnormal.training.weights import load_weights, save_weights


class EpochCheckpoint(keras.callbacks.Callback):
    """Keeps weights and optimizer state after the last whole epoch, in one file.

    The file's name carries the number of epochs behind it: `epoch-0007.weights.h5`.
    It is moved into place complete, and only then its predecessor is deleted, so that
    a run killed at any moment finds the newest good state. With data that depend on
    the number of the epoch alone, a run that goes on from there ends with the weights
    of one that never stopped. (The state of random generators inside layers, as
    dropout has, is not in the file.)

    Args:
        folder: Where the file goes; the folder must exist.
        keep_every: Integer; the states after every so many epochs stay when newer ones
            are written. None keeps the newest alone.

    Raises:
        ValueError: If `keep_every` is not positive.
    """

    model: Any

    def __init__(self, folder, keep_every: int | None = None):
        super().__init__()
        if keep_every is not None and keep_every < 1:
            raise ValueError(
                f"`keep_every` must be at least 1. Received: keep_every={keep_every}"
            )
        self.folder = Path(folder)
        self.keep_every = keep_every

    def epochs_done(self) -> int | None:
        """Epochs behind the newest state, or None if there is none."""
        numbers = [_epochs(path) for path in self._files()]
        return max(numbers, default=None)

    def holds(self, epochs: int) -> bool:
        """Whether there is the state after `epochs` epochs, or nothing is to be had."""
        return self._path(epochs).exists() or (epochs == 0 and not self._files())

    def restore(self, model: keras.Model, epochs: int | None = None) -> int:
        """Brings a compiled model to a state, by default the newest, if there is one.

        Where the newest is broken and one before it is there, as with `keep_every`, it
        is that one; the broken file gets another name.

        Returns:
            The number of epochs behind that state; 0 if there is none.

        Raises:
            RunDirectoryError: If no state can be read.
        """
        states = map(_epochs, self._files()) if epochs is None else [epochs]
        broken: list[tuple[Path, RunDirectoryError]] = []
        for number in sorted(states, reverse=True):
            model.optimizer.build(model.trainable_variables)
            try:
                load_weights(model, self._path(number))
            except RunDirectoryError as error:
                if isinstance(error.__cause__, PermissionError):
                    raise  # it need not be broken
                broken.append((self._path(number), error))
            else:
                _set_aside(broken, number)
                return number
        if broken:
            raise broken[0][1]
        return 0

    def save(self, epochs: int, model: keras.Model | None = None) -> None:
        """Writes the state after `epochs` epochs and drops older ones."""
        self.write(epochs, model)
        self.drop_others(epochs)

    def write(self, epochs: int, model: keras.Model | None = None) -> None:
        """Writes the state after `epochs` epochs."""
        save_weights(model or self.model, self._path(epochs))

    def drop_others(self, epochs: int) -> None:
        """Drops the states after other numbers of epochs that are not kept for good."""
        for old in self._files():
            if _epochs(old) != epochs and not self._stays(_epochs(old)):
                old.unlink()

    def on_epoch_end(self, epoch, logs=None):
        """Called by Keras."""
        self.save(epoch + 1)

    def _stays(self, epochs):
        return epochs > 0 and self.keep_every and epochs % self.keep_every == 0

    def _path(self, epochs):
        return self.folder / f"epoch-{epochs:04d}.weights.h5"

    def _files(self):
        return list(self.folder.glob("epoch-*.weights.h5"))


def _set_aside(broken, epochs):
    for path, error in broken:
        what = str(error).partition(";")[0]
        print(f"{what}; back to the state after {epochs} epochs", file=sys.stderr)
        path.rename(path.with_name(f"broken-{path.name}"))


def _epochs(path: Path) -> int:
    return int(path.name.removeprefix("epoch-").removesuffix(".weights.h5"))
