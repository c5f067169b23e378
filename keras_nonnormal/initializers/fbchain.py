import keras

from keras_nonnormal.initializers._checks import finite_real
from keras_nonnormal.initializers._recurrent import RecurrentInitializer, band


@keras.saving.register_keras_serializable("keras_nonnormal")
class FBChain(RecurrentInitializer):
    """Chain with feedback: unit i drives unit i + 1 strongly and unit i - 1 weakly.

    In Keras's row form, `h_t = f(x_t @ kernel + h_{t-1} @ U + b)`,

        U = diag_gain * I + alpha * S + beta * S^T,      S[i, i + 1] = 1.

    For `diag_gain=0` the eigenvalues are
    `2 * sqrt(alpha * beta) * cos(k * pi / (units + 1))`, k = 1..units, so that the
    recurrence is stable for every width while `alpha * beta < 1/4`. Signals grow on
    their way when `alpha + beta > 1` and the line is long enough.

    Mind which gain is free: the paper fixes `alpha` at 0.99 and searches `beta`. A
    `beta` of the order of `Chain`'s gain (1.02) makes a matrix of spectral radius 2.

    Args:
        beta: Feedback gain, from unit i + 1 to unit i; any finite number, the paper
            searches 0.01 to 0.07. Defaults to `0.04`.
        alpha: Forward gain, from unit i to unit i + 1. Defaults to `0.99`.
        diag_gain: Gain of each unit onto itself. It is 0 in every experiment of
            the paper. Defaults to `0.0`.
        direction: `"forward"`, or `"reverse"` for the transposed matrix (see
            `Chain`).

    Raises:
        ValueError: If a gain is not a finite real number or the direction is
            unknown; when called, if the shape is not square.

    Example:

    >>> import keras
    >>> from keras_nonnormal.initializers import FBChain
    >>> keras.ops.convert_to_numpy(FBChain()(shape=(3, 3)))
    array([[0.  , 0.99, 0.  ],
           [0.04, 0.  , 0.99],
           [0.  , 0.04, 0.  ]], dtype=float32)

    Reference:

    - [Orhan and Pitkow, 2020, section 3.1](https://arxiv.org/abs/1905.13715)
    """

    def __init__(self, beta=0.04, alpha=0.99, diag_gain=0.0, direction="forward"):
        super().__init__(direction)
        self.beta = finite_real("beta", beta)
        self.alpha = finite_real("alpha", alpha)
        self.diag_gain = finite_real("diag_gain", diag_gain)

    def forward_matrix(self, units):
        return (
            band(units, 0, self.diag_gain)
            + band(units, 1, self.alpha)
            + band(units, -1, self.beta)
        )

    def get_config(self):
        return {
            "beta": self.beta,
            "alpha": self.alpha,
            "diag_gain": self.diag_gain,
            **super().get_config(),
        }
