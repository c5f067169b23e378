import numpy as np

from keras_nonnormal.analysis._checks import (
    at_least,
    positive,
    source_vector,
    square_matrix,
)
from keras_nonnormal.analysis._noise_factor import factor_of_sum


def memory_function(
    matrix,
    source=None,
    *,
    noise_variance: float,
    signal_variance: float = 1.0,
    horizon: int | None = None,
) -> np.ndarray:
    """How well a linear readout of a noisy linear network can tell each past input.

    The network is `x <- matrix @ x + source * input + noise`, from a state of zero,
    with a white signal for its input and white noise in every unit. With the signals
    u_k = M^k u and the covariance C of the noise,

        m(k) = u_k^T (sum_j u_j u_j^T + C)^{-1} u_k

    is the share of the variance of the input k steps ago that the best linear readout
    explains. It is a leverage score, the squared length of a row of Q of a QR
    decomposition of all signals and of a factor of C; neither sum is formed.

    Args:
        matrix: Array `(units, units)` in column form: `matrix @ x` is the next state.
            Of a `recurrent_kernel` of Keras pass the transpose.
        source: Array `(units,)`, where the input enters. Defaults to the first unit.
        noise_variance: Positive float, variance of the noise in every unit.
        signal_variance: Positive float, variance of the signal. Defaults to `1`.
        horizon: Integer, how many steps there have been of signal and noise. Defaults
            to the number of units.

    Returns:
        An array `(horizon,)` of numbers between 0 and 1, whose sum is at most `units`.

    Raises:
        ValueError: If a variance is not positive, states overflow, or shapes do not
            fit.

    Example:

    >>> from keras_nonnormal.analysis import delay_line
    >>> print(memory_function(delay_line(3, alpha=1), noise_variance=0.5).round(3))
    [0.667 0.5   0.4  ]

    Reference:

    - [White, Lee and Sompolinsky, 2004](https://doi.org/10.1103/PhysRevLett.92.148102)
    """
    matrix = square_matrix(matrix)
    horizon = at_least(1, len(matrix) if horizon is None else horizon, "horizon")
    noise = positive(noise_variance, "noise_variance")
    noise = np.sqrt(noise / positive(signal_variance, "signal_variance"))
    state = source_vector(source, len(matrix))
    factor = noise * factor_of_sum(matrix, np.eye(len(matrix)), horizon)
    signals = np.empty((len(matrix), horizon))
    for step in range(horizon):
        signals[:, step] = state
        state = matrix @ state
    q, _ = np.linalg.qr(np.hstack([signals, factor]).T)
    return np.square(q[:horizon]).sum(axis=1)
