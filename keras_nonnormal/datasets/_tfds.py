"""Data sets through tensorflow-datasets: what is prepared, else what can be had."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from keras_nonnormal.datasets import _network
from keras_nonnormal.datasets._files import DataFolder


def through_tfds(
    name: str,
    data: DataFolder,
    address: str,
    collect: Callable[[Any], Any],
    splits: Sequence[str] = ("train", "test"),
) -> tuple[Any, ...]:
    """Loads splits, and downloads them if that has never been done.

    Args:
        name: Name of the data set in tensorflow-datasets.
        data: The same data set as files, for messages.
        address: A file that the download needs, to see whether it can be had.
        collect: Makes of a `tf.data.Dataset` of examples what is returned of a split.
        splits: The names of the splits.

    Raises:
        DatasetError: If the data is out of reach, or tensorflow-datasets fails.
    """
    load = partial(_load, name, data, collect, splits)
    loaded = load(download=False)
    if loaded is not None:
        return loaded
    # Without a network tfds would retry for minutes before it gives up.
    reason = _network.why_unreachable(address)
    if reason is not None:
        raise data.error(
            "not downloaded yet, and the network is out of reach",
            looked_in=f"{_folder(name)},\n  then {address}\n  ({reason})",
        )
    loaded = load(download=True)
    assert loaded is not None
    return loaded


def _load(name, data, collect, splits, *, download):
    """Prepared splits; None where there are none and nothing may be downloaded."""
    import tensorflow_datasets as tfds

    try:
        found: Any = tfds.load(name, split=[*splits], download=download)
        return tuple(map(collect, found))
    # Connections, disks, checksums, missing modules: tfds has no common exception.
    except Exception as error:
        if isinstance(error, AssertionError) and not download:
            return None  # this is how tfds says that nothing has been prepared
        problem = f"tensorflow-datasets failed\n  {type(error).__name__}: {error}"
        raise data.error(problem[:500], looked_in=_folder(name)) from error


def _folder(name):
    import tensorflow_datasets as tfds

    return str(tfds.builder(name).data_dir)
