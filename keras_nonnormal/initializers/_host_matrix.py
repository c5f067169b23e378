import keras
import numpy as np

from keras_nonnormal.initializers._checks import float_dtype, square_size


class HostMatrix(keras.initializers.Initializer):
    """Base of the square matrices that NumPy computes in float64.

    Every backend then starts from the same numbers, rounded once at the end, and no
    decomposition has to exist in half precision or on a device.
    """

    def __call__(self, shape, dtype=None):
        """Returns the matrix as a backend tensor.

        Args:
            shape: `(units, units)`.
            dtype: A floating dtype. Defaults to `keras.config.floatx()`.

        Returns:
            A tensor of shape `(units, units)`.

        Raises:
            ValueError: If `shape` is not square or `dtype` is not floating.
        """
        owner = type(self).__name__
        units = square_size(owner, shape)
        dtype = float_dtype(owner, dtype)
        return keras.ops.convert_to_tensor(self.matrix(units), dtype=dtype)

    def matrix(self, units: int) -> np.ndarray:
        """The matrix (units, units) in float64."""
        raise NotImplementedError


class RandomHostMatrix(HostMatrix):
    """Base of the square matrices that are drawn.

    Subclasses say in `draw` what is drawn; the seed is settled here, once.

    Args:
        seed: An integer, None, or a `keras.random.SeedGenerator`. As with Keras's own
            initializers, an integer or None repeats the same values at every call, a
            generator draws new ones. A seed draws the same matrix on every backend.
    """

    def __init__(self, seed=None):
        self._seeded = seeded(seed)
        self.seed = self._seeded.seed

    def matrix(self, units):
        return self.draw(units, host_generator(self.seed))

    def draw(self, units: int, rng: np.random.Generator) -> np.ndarray:
        """A matrix (units, units) in float64."""
        raise NotImplementedError

    def get_config(self):
        return {"seed": self._seeded.get_config()["seed"]}


def seeded(seed: int | keras.random.SeedGenerator | None):
    """An initializer that checks, fills in and serializes a seed.

    Keras's base of random initializers is not public; one of its subclasses does as
    well.
    """
    return keras.initializers.RandomUniform(seed=seed)


def host_generator(seed: int | keras.random.SeedGenerator) -> np.random.Generator:
    """A NumPy generator that starts from a Keras seed."""
    if isinstance(seed, keras.random.SeedGenerator):
        # Unannotated in Keras: pyright takes an array for a number here.
        state = np.asarray(keras.ops.convert_to_numpy(seed.next())).tolist()
    else:
        state = [seed, 0]
    # Keras's seeds are 32 bits, which some backends keep as signed integers.
    return np.random.default_rng([number % 2**32 for number in state])
