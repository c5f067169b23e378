import keras
import pytest


@pytest.fixture
def float64():
    on_jax = keras.backend.backend() == "jax"
    if on_jax:
        import jax

        jax.config.update("jax_enable_x64", True)
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx("float32")
    if on_jax:
        jax.config.update("jax_enable_x64", False)
