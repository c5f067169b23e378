"""Pre-trained weights on disk, found again by all that they depend on."""

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from keras_nonnormal.pretraining.report import StabilityReport
from keras_nonnormal.pretraining.variables import put_back, values_of


def store_key(model: Any, held_out: list, arguments: list) -> str:
    """A name made of a model, its weights, data and arguments.

    The names of layers are not in it: Keras counts them up.
    """
    digest = hashlib.sha256()
    described = [_without_names(model.get_config()), arguments]
    digest.update(json.dumps(described, sort_keys=True, default=repr).encode())
    for array in (*values_of(model.weights), *held_out):
        digest.update(f"{array.dtype}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:24]


def save_stable(
    folder: str | os.PathLike, key: str, model: Any, report: StabilityReport
) -> None:
    """Writes weights and report, each at once; the report last."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {
        str(i): value for i, value in enumerate(values_of(model.weights))
    }
    with _at_once(folder / f"{key}.npz") as file:
        np.savez(file, allow_pickle=False, **arrays)
    with _at_once(folder / f"{key}.json") as file:
        file.write(json.dumps(report.as_dict(), indent=1).encode())


def load_stable(
    folder: str | os.PathLike, key: str, model: Any
) -> StabilityReport | None:
    """Gives a model the weights of a key, if they are there.

    Raises:
        ValueError: If what is there cannot be read.
    """
    file = Path(folder) / f"{key}.json"
    if not file.exists():
        return None
    try:
        report = StabilityReport.from_dict(json.loads(file.read_text(encoding="utf-8")))
        with np.load(file.with_suffix(".npz"), allow_pickle=False) as arrays:
            values = [arrays[str(i)] for i in range(len(model.weights))]
        put_back(model.weights, values)
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise ValueError(
            f"Cannot read the pre-trained weights {file.with_suffix('.npz')} or their "
            f"report ({error}). Remove both files to pre-train again"
        ) from error
    report.loaded = True
    return report


class _at_once:
    """A file that is there only when it is whole."""

    def __init__(self, path: Path):
        self.path = path

    def __enter__(self):
        self.file = tempfile.NamedTemporaryFile(
            dir=self.path.parent, prefix=f".{self.path.name}.", delete=False
        )
        return self.file

    def __exit__(self, kind, *_):
        self.file.close()
        if kind is None:
            os.replace(self.file.name, self.path)
        else:
            os.unlink(self.file.name)


def _without_names(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_names(v) for k, v in value.items() if k not in _NAMES}
    if isinstance(value, (list, tuple)):
        return [_without_names(v) for v in value]
    return value


_NAMES = {"name", "shared_object_id", "keras_history", "build_config"}
