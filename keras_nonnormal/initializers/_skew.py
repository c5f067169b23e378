import keras
import numpy as np

from keras_nonnormal.initializers._host_matrix import HostMatrix


class SkewInitializer(HostMatrix):
    """Base of the random skew-symmetric matrices.

    Subclasses say in `draw` what is drawn; the seed is settled here, once.

    Args:
        seed: An integer, None, or a `keras.random.SeedGenerator`. As with Keras's own
            initializers, an integer or None repeats the same values at every call, a
            generator draws new ones. A seed draws the same matrix on every backend.
    """

    def __init__(self, seed=None):
        # Keras's base of random initializers is not public; one of its subclasses
        # checks, fills in and serializes the seed just as well.
        self._seeded = keras.initializers.RandomUniform(seed=seed)
        self.seed = self._seeded.seed

    def matrix(self, units):
        return self.draw(units, host_generator(self.seed))

    def draw(self, units: int, rng: np.random.Generator) -> np.ndarray:
        """A skew-symmetric matrix (units, units) in float64."""
        raise NotImplementedError

    def get_config(self):
        return {"seed": self._seeded.get_config()["seed"]}


def host_generator(seed: int | keras.random.SeedGenerator) -> np.random.Generator:
    """A NumPy generator that starts from a Keras seed."""
    if isinstance(seed, keras.random.SeedGenerator):
        # Unannotated in Keras: pyright takes an array for a number here.
        state = np.asarray(keras.ops.convert_to_numpy(seed.next())).tolist()
    else:
        state = [seed, 0]
    # Keras's seeds are 32 bits, which some backends keep as signed integers.
    return np.random.default_rng([number % 2**32 for number in state])


def block_skew(units: int, entries: np.ndarray) -> np.ndarray:
    """Blocks [[0, s], [-s, 0]] on the diagonal, one for each of ``entries``.

    With an odd number of units the last row and column stay zero.
    """
    matrix = np.zeros((units, units))
    first = np.arange(0, units - 1, 2)
    matrix[first, first + 1] = entries
    matrix[first + 1, first] = -entries
    return matrix
