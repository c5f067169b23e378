"""The Spiking Heidelberg Digits: from the user's files, or tensorflow-datasets."""

from pathlib import Path

import numpy as np

from keras_nonnormal.datasets._files import data_root
from keras_nonnormal.datasets._shd_files import (
    FILES,
    ORIGIN,
    RECORDINGS,
    SHD,
    Recordings,
    read_recordings,
)
from keras_nonnormal.datasets._tfds import through_tfds


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
