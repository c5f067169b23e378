import io
import os
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from keras_nonnormal.training.files import replacing
from keras_nonnormal.training.run_directory import broken


def save_weights(model: Any, path: Path) -> None:
    """Writes the weights of a model, and the state of its optimizer, in one piece.

    HDF5 writes to memory: where it cannot finish a file on a disk that is full, it ends
    the program.

    Raises:
        WriteError: If the disk is full.
    """
    memory = _NamedMemory()
    model.save_weights(memory)
    with replacing(path) as temporary:
        temporary.write_bytes(memory.getbuffer())


class _NamedMemory(io.BytesIO):
    """A file in memory with the ending by which Keras knows weights."""

    def __str__(self):
        return "memory.weights.h5"


# What Keras, HDF5 and zipfile say of files that are broken or of another model.
UNREADABLE = OSError, ValueError, TypeError, KeyError, RuntimeError, BadZipFile


def load_weights(model: Any, path: Path) -> None:
    """Gives a model the weights of a file, those in a saved model too.

    Raises:
        RunDirectoryError: If it cannot be read, or is that of another model.
    """
    try:
        model.load_weights(path)
    except UNREADABLE as error:
        text = str(error).strip().partition("\n")[0]
        if isinstance(error, FileNotFoundError | PermissionError):
            text = os.strerror(error.errno or 0).lower()
        elif isinstance(error, OSError):  # HDF5 says in brackets what is wrong, where
            text = text.partition("(")[2].partition(":")[0].rstrip(")") or text
        raise broken(path, text) from error
