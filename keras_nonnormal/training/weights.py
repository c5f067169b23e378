import os
from pathlib import Path
from typing import Any

from keras_nonnormal.training.run_directory import broken


def load_weights(model: Any, path: Path) -> None:
    """Gives a model the weights of a file.

    Raises:
        RunDirectoryError: If it cannot be read, or is that of another model.
    """
    try:
        model.load_weights(path)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        text = str(error).strip().partition("\n")[0]
        if isinstance(error, FileNotFoundError | PermissionError):
            text = os.strerror(error.errno or 0).lower()
        elif isinstance(error, OSError):  # HDF5 says in brackets what is wrong, where
            text = text.partition("(")[2].partition(":")[0].rstrip(")") or text
        raise broken(path, text) from error
