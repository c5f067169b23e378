import keras

from keras_nonnormal.initializers._checks import finite_real
from keras_nonnormal.initializers._recurrent import RecurrentInitializer, band


@keras.saving.register_keras_serializable("keras_nonnormal")
class Chain(RecurrentInitializer):
    """Recurrent matrix in which unit i drives unit i + 1: a delay line.

    In Keras's row form, `h_t = f(x_t @ kernel + h_{t-1} @ U + b)`,

        U = diag_gain * I + alpha * S,      S[i, i + 1] = 1.

    All eigenvalues equal `diag_gain` (0 by default), and yet a pulse in unit 0
    arrives in unit k after k steps, multiplied by `alpha**k`: gains above 1
    amplify what travels along the line without making the recurrence unstable.
    With `diag_gain=0`, `U` to the power `units` is zero: the initial network
    holds nothing older than `units - 1` steps, however long the sequence is.

    Feed the start of the line with `Source` as the kernel initializer.

    Args:
        alpha: Gain from each unit to the next; any finite number, the paper
            searches 0.99 to 1.05. Defaults to `1.02`.
        diag_gain: Gain of each unit onto itself. It is 0 in every experiment of
            the paper. Defaults to `0.0`.
        direction: `"forward"`, or `"reverse"` for the transposed matrix, in which
            unit i + 1 drives unit i. The paper's LSTM code writes the forward
            matrix into PyTorch weights, which multiply from the other side, and so
            runs the reversed chain; `"reverse"` repeats those runs.

    Raises:
        ValueError: If a gain is not a finite real number or the direction is
            unknown; when called, if the shape is not square.

    Example:

    >>> import keras
    >>> from keras_nonnormal.initializers import Chain, Source
    >>> layer = keras.layers.SimpleRNN(
    ...     100, kernel_initializer=Source(), recurrent_initializer=Chain(alpha=1.02)
    ... )
    >>> keras.ops.convert_to_numpy(Chain()(shape=(3, 3)))
    array([[0.  , 1.02, 0.  ],
           [0.  , 0.  , 1.02],
           [0.  , 0.  , 0.  ]], dtype=float32)

    Reference:

    - [Orhan and Pitkow, 2020, section 3.1](https://arxiv.org/abs/1905.13715)
    """

    def __init__(self, alpha=1.02, diag_gain=0.0, direction="forward"):
        super().__init__(direction)
        self.alpha = finite_real("alpha", alpha)
        self.diag_gain = finite_real("diag_gain", diag_gain)

    def forward_matrix(self, units):
        return band(units, 0, self.diag_gain) + band(units, 1, self.alpha)

    def get_config(self):
        return {
            "alpha": self.alpha,
            "diag_gain": self.diag_gain,
            **super().get_config(),
        }
