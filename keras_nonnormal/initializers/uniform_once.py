import keras
from keras import ops

from keras_nonnormal.initializers._checks import finite_real


@keras.saving.register_keras_serializable("keras_nonnormal")
class UniformOnce(keras.initializers.RandomUniform):
    """One uniform number for all entries of a tensor.

    The gain of every layer of gamma units and of ANRU's controller starts so in the
    published program: `UniformOnce(5, 7)`.

    Args:
        minval: Lower end of the range.
        maxval: Upper end of the range.
        seed: An integer, None, or a `keras.random.SeedGenerator`.

    Raises:
        ValueError: If an end is not a finite number, or they are in the wrong order.

    Example:

    >>> from keras_nonnormal import Gamma
    >>> from keras_nonnormal.initializers import UniformOnce
    >>> activation = Gamma(gain=UniformOnce(5, 7, seed=1))

    Reference:
        - [arXiv 2006.12253](https://arxiv.org/abs/2006.12253), published code
    """

    def __init__(self, minval=0.0, maxval=1.0, seed=None):
        ends = finite_real("minval", minval), finite_real("maxval", maxval)
        if ends[0] > ends[1]:
            raise ValueError(
                "Expected `minval` not to be above `maxval`. "
                f"Received: minval={minval!r}, maxval={maxval!r}"
            )
        super().__init__(*ends, seed=seed)

    def __call__(self, shape, dtype=None):
        """Returns a tensor of that shape with the one number in it."""
        return ops.broadcast_to(super().__call__((), dtype), shape)
