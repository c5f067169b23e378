"""First and second derivatives against finite differences, in float64."""

import keras
import numpy as np
from keras import ops

from keras_nonnormal import _backend

STEP = 1e-5


def check_derivatives(
    function, arrays, compiled=False, second_only=False, tolerance=1e-7
):
    """Asserts that gradients and their derivatives are those of `function`.

    Args:
        function: From tensors to one tensor.
        arrays: Its arguments, arrays in float64.
        compiled: Whether derivatives are taken in a function compiled with XLA.
        second_only: Whether the gradient is by design another one than that of the
            values; its own derivative is then checked alone.
        tolerance: Relative to the largest derivative; above the error of the
            differences, which grows with the curvature.
    """
    random = np.random.default_rng(7)
    arrays = [np.asarray(a, "float64") for a in arrays]
    directions = [random.normal(size=a.shape) for a in arrays]
    plain = ops.convert_to_numpy(function(*tensors(arrays)))
    weights = random.normal(size=plain.shape)

    def value(*primals):
        return (ops.sum(function(*primals) * weights),)

    def gradients(*primals):
        """The value, and its gradients."""
        outputs, pullback = _backend.vjp(value, *primals)
        # Those of `take` are slices with indices on TensorFlow.
        slices = pullback(tuple(map(ops.ones_like, outputs)))
        return (*outputs, *(ops.reshape(g, ops.shape(g)) for g in slices))

    def along(*primals):
        """The derivative along the directions, and the value."""
        value, *slopes = gradients(*primals)
        pairs = zip(slopes, directions, strict=True)
        return sum(ops.sum(g * d) for g, d in pairs), value

    def second(*primals):
        """The derivative along the directions, the value, the former's slopes."""
        (slope, value), pullback = _backend.vjp(along, *primals)
        return slope, value, *pullback((ops.ones_like(slope), ops.zeros_like(value)))

    def moved(sign):
        pairs = zip(arrays, directions, strict=True)
        return tensors([a + sign * STEP * d for a, d in pairs])

    # All orders at once: most of the time is taken by what TensorFlow does in between.
    ahead, behind = (as_arrays(gradients(*moved(sign))) for sign in (1, -1))
    differences = [(a - b) / (2 * STEP) for a, b in zip(ahead, behind, strict=True)]
    second = _compiled(second) if compiled else second
    slope, value_there, *slopes = second(*tensors(arrays))
    check([value_there], [np.sum(plain * weights)], tolerance)
    if not second_only:
        check([slope], differences[:1], tolerance)
    check(slopes, differences[1:], tolerance)


def check(actual, expected, tolerance):
    scale = max(1.0, *(np.max(np.abs(e), initial=0.0) for e in expected))
    for a, e in zip(as_arrays(actual), expected, strict=True):
        np.testing.assert_allclose(a, e, rtol=0, atol=tolerance * scale)


def tensors(arrays):
    return [ops.convert_to_tensor(a, "float64") for a in arrays]


def as_arrays(values):
    return [ops.convert_to_numpy(v) for v in values]


def of_variables(layer, function):
    """`function()` as a function of the values of the variables that a layer trains."""
    variables = layer.trainable_variables

    def call(*values):
        with keras.StatelessScope(zip(variables, values, strict=True)):
            return function()

    return call, [ops.convert_to_numpy(v) for v in variables]


def _compiled(function):
    import tensorflow as tf

    return tf.function(function, jit_compile=True, autograph=False)
