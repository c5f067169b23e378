import keras
import numpy as np

from keras_nonnormal.initializers._checks import finite_real
from keras_nonnormal.initializers._recurrent import RecurrentInitializer


@keras.saving.register_keras_serializable("keras_nonnormal")
class Ramp(RecurrentInitializer):
    """Recurrent matrix whose weights grow linearly with how far ahead they reach.

    In Keras's row form, with units counted from 0,

        U[i, j] = end_gain * (j - i) / (units - 1),

    a skew-symmetric matrix of rank 2 with `end_gain` in the top right corner,
    `-end_gain` in the bottom left one and zeros on the diagonal. It is a *normal*
    matrix; it accompanies a `Chain` in the other gates of an LSTM, where it
    imitates the profile that trained networks show (Figure 6 of the paper).

    Args:
        end_gain: Weight from the first unit to the last; any finite number.
            Defaults to `0.01`.
        direction: `"forward"`, or `"reverse"` for the transposed matrix, which is
            also the negated one.

    Raises:
        ValueError: If `end_gain` is not a finite real number or the direction is
            unknown; when called, if the shape is not square.

    Example:

    >>> import keras
    >>> from keras_nonnormal.initializers import Ramp
    >>> keras.ops.convert_to_numpy(Ramp(end_gain=0.5)(shape=(3, 3)))
    array([[ 0.  ,  0.25,  0.5 ],
           [-0.25,  0.  ,  0.25],
           [-0.5 , -0.25,  0.  ]], dtype=float32)

    Reference:

    - [Orhan and Pitkow, 2020, section 3.3](https://arxiv.org/abs/1905.13715)
    """

    def __init__(self, end_gain=0.01, direction="forward"):
        super().__init__(direction)
        self.end_gain = finite_real("end_gain", end_gain)

    def forward_matrix(self, units):
        unit = np.arange(units)
        reach = unit[None, :] - unit[:, None]
        # One unit has nowhere to reach: [[0]], not 0 / 0.
        return self.end_gain * (reach / max(units - 1, 1))

    def get_config(self):
        return {"end_gain": self.end_gain, **super().get_config()}
