import contextlib

import keras
import pytest


@pytest.fixture(scope="session")
def matrix():
    """``matrix(initializer, rows, columns)`` is what it fills, in float64."""

    def fill(initializer, *shape):
        with _float64_allowed():
            values = initializer(shape, dtype="float64")
            assert keras.ops.is_tensor(values)
            assert keras.backend.standardize_dtype(values.dtype) == "float64"
            return keras.ops.convert_to_numpy(values)

    return fill


@contextlib.contextmanager
def _float64_allowed():
    # JAX rounds everything to float32 unless told not to.
    if keras.backend.backend() != "jax":
        yield
        return
    import jax

    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    try:
        yield
    finally:
        jax.config.update("jax_enable_x64", before)
