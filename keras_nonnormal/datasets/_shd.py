"""The Spiking Heidelberg Digits: from the user's files, or tensorflow-datasets."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_nonnormal.datasets._files import VARIABLE, DataFile, DataFolder, data_root
from keras_nonnormal.datasets._tfds import through_tfds

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


def load_recordings(
    folder: str | Path | None = None,
) -> tuple[Recordings, Recordings]:
    """Loads all recordings to train and to test on.

    With `KERAS_NONNORMAL_DATA` set, the published HDF5 files are read from there, what
    they hold is checked, and the network is never touched. Otherwise the recordings
    come through tensorflow-datasets, by a builder of our own.

    Args:
        folder: A folder with files of that name and format to read instead, with any
            number of recordings.

    Raises:
        DatasetError: If the recordings are missing, damaged, or out of reach.
    """
    if folder is not None or data_root() is not None:
        train, test = (_from_file(split, folder) for split in ("train", "test"))
        return train, test
    from keras_nonnormal.datasets import _shd_builder  # makes its name known

    name = _shd_builder.SpikingHeidelbergDigits.name
    address = ORIGIN + f"{FILES['test'].name}.gz"
    return through_tfds(name, SHD, address, _collect)


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


def _from_file(split, folder):
    if folder is None:
        path, recordings = SHD.find(FILES[split]), RECORDINGS[split]
    else:
        path, recordings = Path(folder).absolute() / FILES[split].name, None
    looked_in = str(path.parent)
    if not path.exists():
        raise SHD.error(f"{path.name} is missing", looked_in)
    try:
        return read_recordings(path, recordings)
    except (OSError, ValueError) as error:
        problem = f"{path.name} is not what it should be\n  {error}"
        raise SHD.error(problem, looked_in) from error


def _collect(dataset) -> Recordings:
    examples = [*dataset.as_numpy_iterator()]
    return Recordings(
        times=[example["times"] for example in examples],
        units=[example["units"] for example in examples],
        labels=np.array([example["label"] for example in examples], np.uint8),
        speakers=np.array([example["speaker"] for example in examples], np.int64),
    )
