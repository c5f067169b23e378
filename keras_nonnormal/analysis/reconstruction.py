from collections.abc import Callable

import numpy as np

from keras_nonnormal.analysis._checks import at_least, source_vector, square_matrix


def states_after(
    matrix,
    signals,
    source=None,
    *,
    activation: Callable[[np.ndarray], np.ndarray] | None = None,
    noise: float = 0.0,
    seed: int = 0,
) -> np.ndarray:
    """States of a network after it has read signals: x <- f(M x + u s_t) + noise.

    Args:
        matrix: Array `(units, units)` in column form: `matrix @ x` is the next state.
            Of a `recurrent_kernel` of Keras pass the transpose.
        signals: Array `(trials, time)`.
        source: Array `(units,)`, where the signal enters. Defaults to the first unit.
        activation: f, from an array to one of its shape. Defaults to None, a linear
            network.
        noise: Float, standard deviation of the noise in every unit at every step.
            Defaults to `0`.
        seed: Integer, of the noise. Defaults to `0`.

    Returns:
        An array `(trials, units)`. The states start at zero.

    Raises:
        ValueError: If shapes do not fit.

    Example:

    >>> from keras_nonnormal.analysis import delay_line
    >>> states_after(delay_line(3, alpha=2.0), [[1.0, 0.0], [0.0, 5.0]])
    array([[0., 2., 0.],
           [5., 0., 0.]])
    """
    matrix, signals = square_matrix(matrix), _trials(signals, "signals")
    source = source_vector(source, len(matrix))
    rng = np.random.default_rng(seed)
    states = np.zeros((len(signals), len(matrix)))
    for inputs in signals.T:
        states = states @ matrix.T + np.outer(inputs, source)
        if activation is not None:
            states = np.asarray(activation(states), np.float64)
        if noise:
            states = states + noise * rng.standard_normal(states.shape)
    return states


def delayed_reconstruction(states, signals, fitted: int | None = None) -> np.ndarray:
    """How well past inputs can be read off the last state: R^2 for every delay.

    A linear readout with intercept is fitted by least squares on the first trials, and
    tested on the others.

    Args:
        states: Array `(trials, units)`, states after the last step.
        signals: Array `(trials, time)`, the inputs that led to them.
        fitted: Integer, trials to fit. Defaults to half of them.

    Returns:
        An array `(time,)`: how much of the variance of the last input is explained,
        of the one before, and so on to the first. What is worse than the mean of the
        tested trials is below 0.

    Raises:
        ValueError: If shapes do not fit, or there are not more fitted trials than
            units, or fewer than two are left to test.

    Example:

    >>> signals = np.random.default_rng(0).normal(size=(40, 3))
    >>> from keras_nonnormal.analysis import delay_line
    >>> line = delay_line(2, alpha=1.0)
    >>> scores = delayed_reconstruction(states_after(line, signals), signals)
    >>> print(scores.round(3)[:2], bool(scores[2] < 0.2))
    [1. 1.] True

    Reference:

    - [Orhan and Pitkow, 2020, figure 2](https://arxiv.org/abs/1905.13715)
    - [White, Lee and Sompolinsky, 2004](https://doi.org/10.1103/PhysRevLett.92.148102)
    """
    states, signals = _trials(states, "states"), _trials(signals, "signals")
    if len(states) != len(signals):
        raise ValueError(
            "`states` and `signals` must have the same number of trials. "
            f"Received: shapes {states.shape} and {signals.shape}"
        )
    fitted = at_least(1, len(states) // 2 if fitted is None else fitted, "fitted")
    if not states.shape[1] < fitted <= len(states) - 2:
        raise ValueError(
            "`fitted` must be more than the number of units, and leave two trials to "
            f"test. Received: fitted={fitted} of states of shape {states.shape}"
        )
    designs = np.hstack([states, np.ones((len(states), 1))])
    targets = signals[:, ::-1]
    readout, *_ = np.linalg.lstsq(designs[:fitted], targets[:fitted])
    tested = targets[fitted:]
    errors = np.square(tested - designs[fitted:] @ readout).sum(axis=0)
    return 1 - errors / np.square(tested - tested.mean(axis=0)).sum(axis=0)


def _trials(value, name: str) -> np.ndarray:
    array = np.asarray(value, np.float64)
    if array.ndim != 2 or not array.size:
        raise ValueError(
            f"`{name}` must have two axes, the first of trials. "
            f"Received: shape {array.shape}"
        )
    return array
