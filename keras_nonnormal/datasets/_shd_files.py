"""The published files of the Spiking Heidelberg Digits, and how one is read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_nonnormal.datasets._files import VARIABLE, DataFile, DataFolder

ORIGIN = "https://zenkelab.org/datasets/"
CHANNELS = 700
CLASSES = 20
# Recordings in the published files.
RECORDINGS = {"train": 8156, "test": 2264}
FILES = {"train": DataFile("shd_train.h5"), "test": DataFile("shd_test.h5")}
SHD = DataFolder(
    title="Spiking Heidelberg Digits",
    folder="shd",
    files=tuple(FILES.values()),
    origin=f"{ORIGIN} (there gzipped; unpack them)",
    otherwise=(
        f"Or leave {VARIABLE} unset and connect to the internet once:\n"
        "tensorflow-datasets then downloads the recordings and keeps them."
    ),
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Recordings:
    """Spoken digits as spikes, in the order of the published files.

    Args:
        times: When spikes occur, in seconds; an array for every recording.
        units: Which of the 700 channels they occur in, 0 to 699; likewise.
        labels: Classes, 0 to 19, uint8 of shape `(recordings,)`.
        speakers: Who speaks, integers of shape `(recordings,)`.
    """

    times: list[np.ndarray]
    units: list[np.ndarray]
    labels: np.ndarray
    speakers: np.ndarray

    def __len__(self):
        return len(self.labels)


def read_recordings(path: str | Path, recordings: int | None = None) -> Recordings:
    """Reads a published HDF5 file.

    Args:
        path: The file.
        recordings: How many recordings it has to hold, or None for any number.

    Raises:
        OSError: If it is no HDF5 file.
        ValueError: If it does not hold what it should.
    """
    import h5py

    keys = ("spikes/times", "spikes/units", "labels", "extra/speaker")
    with h5py.File(path) as file:
        missing = [key for key in keys if key not in file]
        if missing:
            wanted = ", ".join(keys)
            raise ValueError(f"Expected the keys {wanted}. Missing: {missing[0]}")
        content: list[Any] = [file[key][()] for key in keys]  # type: ignore
    times, units, labels, speakers = content
    lengths = {key: len(part) for key, part in zip(keys, content, strict=True)}
    if {*lengths.values()} != {len(labels) if recordings is None else recordings}:
        raise ValueError(
            f"Expected {recordings or 'equally many'} recordings. Received: {lengths}"
        )
    if not len(labels):
        raise ValueError("Expected recordings. Received: a file without any")
    if labels.max() >= CLASSES:
        raise ValueError(f"Expected labels below {CLASSES}. Received: {labels.max()}")
    for number, (when, where) in enumerate(zip(times, units, strict=True)):
        if len(when) != len(where):
            raise ValueError(
                f"Expected as many times as units in recording {number}. "
                f"Received: {len(when)} times, {len(where)} units"
            )
        if len(where) and not 0 <= where.min() <= where.max() < CHANNELS:
            raise ValueError(
                f"Expected units from 0 to {CHANNELS - 1} in recording {number}. "
                f"Received: {where.min()} to {where.max()}"
            )
    return Recordings(
        times=[*times],
        units=[*units],
        labels=labels.astype(np.uint8),
        speakers=speakers.astype(np.int64),
    )
