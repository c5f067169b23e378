import keras
import numpy as np

from keras_nonnormal.initializers._host_matrix import RandomHostMatrix


@keras.saving.register_keras_serializable("keras_nonnormal")
class NonNegativeIdentity(RandomHostMatrix):
    r"""Positive definite recurrent matrix with the largest eigenvalue 1.

    $$ U = (I + A) / λ_{max}(I + A), \qquad A = R^T R / N, \quad R_{ij} \sim N(0, 1) $$

    It starts a network of rectified linear units (np-RNN) like a scaled identity: one
    direction is kept, all others decay, and none oscillates. U is symmetric and thus
    normal; its eigenvalues lie between 1/5 and 1 where N is large.

    Args:
        seed: An integer, None, or a `keras.random.SeedGenerator`. An integer draws the
            same matrix at every call and on every backend.

    Raises:
        ValueError: When called, if the shape is not square.

    Example:

    >>> import keras
    >>> import numpy as np
    >>> from keras_nonnormal.initializers import NonNegativeIdentity
    >>> start = keras.ops.convert_to_numpy(NonNegativeIdentity(seed=1)(shape=(9, 9)))
    >>> float(np.linalg.eigvalsh(start).max().round(4))
    1.0

    Reference:

    - [Talathi and Vartak, 2015](https://arxiv.org/abs/1511.03771), section 3
    """

    def draw(self, units, rng):
        factor = rng.standard_normal((units, units))
        matrix = np.eye(units) + factor.T @ factor / units
        return matrix / np.linalg.eigvalsh(matrix)[-1]
