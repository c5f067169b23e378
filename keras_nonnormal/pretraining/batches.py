"""Data for pre-training: batches to move weights by, and one held out to judge by."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras
import numpy as np

HELD_OUT = 4
"""Batches of an array that are kept apart to judge by."""


def split(data: Any, model: Any, batch_size: int, seed: int) -> tuple[Any, Callable]:
    """A held-out batch, and a function that gives an endless iterator of others.

    Args:
        data: An array `(samples, ...)` or a list or tuple of one per input of the
            model; or an iterable of batches that can be gone through again, such as a
            `tf.data.Dataset`, of inputs or of tuples `(inputs, ...)` as for `fit`.
        model: The model, for the shapes of its inputs.
        batch_size: Samples per batch; batches that come are cut down to it.
        seed: Of the order of samples.

    Raises:
        ValueError: If there are no data, or of another shape than the model's inputs.
    """
    if _are_arrays(data):
        arrays = _checked(data, model)
        return _split_arrays(arrays, batch_size, np.random.default_rng(seed))
    if not isinstance(data, Iterable):
        raise ValueError(
            "Expected `data` to be an array, a list of arrays or an iterable of "
            f"batches. Received: data={data!r} (of type {type(data)})"
        )
    batches = _Cut(data, model, batch_size)
    held_out = next(iter(batches), None)
    if held_out is None:
        raise ValueError("Expected `data` with at least one batch. Received none")
    return held_out, lambda: _endless(batches)


def _are_arrays(data):
    leaves = keras.tree.flatten(data)
    return bool(leaves) and all(
        hasattr(x, "shape") and hasattr(x, "dtype") for x in leaves
    )


def _split_arrays(arrays, batch_size, rng):
    count = len(arrays[0])
    apart = min(HELD_OUT * batch_size, max(1, count // 2))
    order = rng.permutation(count)
    held_out, others = order[:apart], order[apart:] if count > apart else order
    size = min(batch_size, len(others))

    def batches() -> Iterator:
        while True:
            shuffled = rng.permutation(others)
            for start in range(0, max(1, len(shuffled) - size + 1), size):
                yield [x[shuffled[start : start + size]] for x in arrays]

    return [x[held_out] for x in arrays], batches


class _Cut:
    """The inputs of batches as `fit` takes them, cut to a number of samples."""

    def __init__(self, data, model, batch_size):
        self.data, self.model, self.batch_size = data, model, batch_size

    def __iter__(self):
        for element in self.data:
            inputs, _, _ = keras.utils.unpack_x_y_sample_weight(element)
            yield [x[: self.batch_size] for x in _checked(inputs, self.model)]


def _endless(batches: _Cut) -> Iterator:
    first = next(iter(batches))
    while True:
        # The first is held out, unless there is no other.
        others = itertools.islice(iter(batches), 1, None)
        none = True
        for batch in others:
            none = False
            yield batch
        if none:
            yield first


def _checked(inputs, model):
    """Inputs as arrays, of the model's own shapes and precision."""
    arrays = [np.asarray(x) for x in keras.tree.flatten(inputs)]
    expected = [tuple(x.shape) for x in model.inputs]
    received = [tuple(x.shape) for x in arrays]
    fits = len(expected) == len(received) and all(
        len(want) == len(have)
        and all(w in (None, h) for w, h in zip(want[1:], have[1:], strict=True))
        for want, have in zip(expected, received, strict=True)
    )
    if not fits or not all(len(x) for x in arrays):
        raise ValueError(
            f"Expected data shaped like the inputs of model '{model.name}': "
            f"{', '.join(map(str, expected))}. Received: "
            f"{', '.join(map(str, received))}"
        )
    for array in arrays:
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(
                f"Expected finite data for model '{model.name}'. Received infinite "
                "values or such that are no number"
            )
    return [
        array.astype(_numpy_dtype(x)) if array.dtype.kind == "f" else array
        for array, x in zip(arrays, model.inputs, strict=True)
    ]


def _numpy_dtype(tensor) -> str:
    """The dtype for an input; a layer in half precision rounds it by itself."""
    return "float64" if tensor.dtype == "float64" else "float32"
