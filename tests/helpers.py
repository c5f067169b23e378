"""Gradients on every backend, and recurrences that are not compiled, for tests."""

import contextlib

import keras
import numpy as np
from keras import ops

from keras_nonnormal import _backend

# Keras rounds float64 to float32 in many of its operations on JAX and torch.
DTYPES = ["float64", "float32"][keras.backend.backend() != "tensorflow" :]
DTYPE = DTYPES[0]
# Sums in another order, over up to 784 steps: round-off, no more.
TOLERANCE = {"float64": 1e-12, "float32": 2e-5}


def value_and_gradients(function, arrays, cotangents):
    """The outputs of `function(*arrays)` and the cotangents of the arrays.

    `function` returns a tuple of tensors; `cotangents` are arrays of their shapes.
    """
    primals = [ops.convert_to_tensor(a) for a in arrays]
    outputs, pullback = _backend.vjp(function, *primals)
    gradients = pullback(tuple(ops.convert_to_tensor(c) for c in cotangents))
    return [ops.convert_to_numpy(x) for x in (*outputs, *gradients)]


def layer_values_and_gradients(layer, inputs, cotangents, **call_arguments):
    """Outputs of a built layer, and gradients of its weights and inputs.

    `inputs` are the arrays of its first arguments, that is sequences and, if there
    are more, the tensors of the initial state.
    """
    weights = [w.value for w in layer.trainable_variables]
    frozen = [w.value for w in layer.non_trainable_variables]

    def call(*arrays):
        values, arrays = arrays[: len(weights)], arrays[len(weights) :]
        state = {"initial_state": list(arrays[1:])} if arrays[1:] else {}
        outputs, _ = layer.stateless_call(
            values, frozen, arrays[0], **state, **call_arguments
        )
        return tuple(outputs) if isinstance(outputs, (list, tuple)) else (outputs,)

    return value_and_gradients(call, [*weights, *inputs], cotangents)


def relative_error(actual, expected):
    """Largest difference over the largest expected magnitude."""
    actual, expected = (np.asarray(x, "float64") for x in (actual, expected))
    assert actual.shape == expected.shape
    return np.max(np.abs(actual - expected)) / max(np.max(np.abs(expected)), 1e-30)


@contextlib.contextmanager
def compiled_recurrences(compiled):
    """Whether recurrences are compiled, which takes longer than most tests."""
    before = _backend.jit_compile_enabled()
    _backend.set_jit_compile(compiled)
    try:
        yield
    finally:
        _backend.set_jit_compile(before)


@contextlib.contextmanager
def without_graphs(eager=True):
    """Whether TensorFlow runs its functions operation by operation.

    Where a function is called once or twice, tracing it takes most of the time.
    """
    if keras.backend.backend() != "tensorflow":
        yield
        return
    import tensorflow as tf

    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(eager)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


def unbuilt(config):
    """A configuration without the input shapes that parts of it were built for."""
    if isinstance(config, dict):
        items = config.items()
        return {key: unbuilt(value) for key, value in items if key != "build_config"}
    return [*map(unbuilt, config)] if isinstance(config, list) else config
