import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_nonnormal.analysis._checks import at_least, square_matrix
from keras_nonnormal.analysis._row_graded_qr import row_graded_qr
from keras_nonnormal.initializers._orthogonal import random_rotation


@dataclass(frozen=True)
class LyapunovSpectrum:
    """Lyapunov exponents of a map, and where the computation of them ended.

    Args:
        exponents: Array `(count,)`, mean growth per step of each direction, in units of
            the base: bits for base 2. In the order of the QR method, which is close to
            descending but for few steps not always so; the first is the maximal one.
            `-inf` for a direction that was lost altogether.
        standard_errors: Array `(count,)`, the standard error of each as a mean over
            steps that depend on one another. `nan` for a single step, and where the
            exponent is `-inf`.
        state: The state after the last step, as `step` gave it.
        frame: Array `(units, count)`, the orthonormal directions after the last step,
            in columns. With `state`, what another call needs to go on.
    """

    exponents: np.ndarray
    standard_errors: np.ndarray
    state: Any
    frame: np.ndarray


def lyapunov_spectrum(
    step: Callable,
    state,
    *,
    steps: int = 1000,
    count: int | None = None,
    frame=None,
    burn_in: int = 0,
    base: float = 2.0,
    seed: int | None = None,
) -> LyapunovSpectrum:
    r"""Lyapunov exponents of any map whose Jacobian is known, by QR decompositions.

    A frame of orthonormal directions is carried along: its images under the Jacobian
    are decomposed into the next frame and a triangular matrix,

    $$ J_t^\top Q_t = Q_{t+1} R_t, \qquad
       \lambda_i = \frac1T \sum_t \log |(R_t)_{ii}| $$

    where $(J_t)_{ij}$ is the derivative of entry j of the next state with respect to
    entry i of the state: states are rows, and a small change of one becomes `change @
    J`. (`jax.jacobian` and its like give the transpose.)

    A slope that is exactly 0, as that of a rectifier that is off, leaves the images of
    fewer directions independent than there were. Those that depend on others before
    them are lost: their exponent is `-inf`, and directions orthogonal to the rest take
    their places in the frame. The other exponents are unaffected. Zeros are told by
    their pattern, not by a threshold, so that exponents of strong contraction are
    finite and accurate however small. (A matrix whose rank is low without any zeros
    does not show it: there, lost directions have exponents of the size of the logarithm
    of rounding errors, -50 bits or so.)

    The standard errors are by batch means: the T steps are cut into about $\sqrt T$
    batches of $\lfloor \sqrt T \rfloor$ consecutive steps, and the standard deviation
    of their means is divided by the root of their number. This is valid if a batch is
    longer than the growth rates are correlated. They say nothing of the start, where
    the frame is not yet aligned; `burn_in` leaves that out.

    Args:
        step: Function from a state to the pair of the next state and the Jacobian
            `(units, units)` in the row form above. What a state is, only `step` has to
            know: for a driven map it can be a pair of time and activity, for an LSTM
            both its states (with the Jacobian of both, concatenated). `autonomous`
            makes one.
        state: The first state.
        steps: Integer, steps to average over. Defaults to `1000`.
        count: Integer, how many exponents to find, from the largest on. Defaults to
            all.
        frame: Array `(units, count)` or wider, the orthonormal directions at the start,
            in columns. Defaults to those of a random rotation (a Haar orthogonal matrix
            of determinant 1).
        burn_in: Integer, steps to make before those that count. Defaults to `0`.
        base: Float above 1, base of the logarithms. Defaults to `2`; exponents in nats
            are those times `ln 2`.
        seed: Integer, seed of the random rotation.

    Returns:
        A `LyapunovSpectrum`.

    Raises:
        ValueError: If a Jacobian is not finite, because the map diverges, or if shapes
            do not fit.

    Example:

    >>> def logistic(x):
    ...     return 4 * x * (1 - x), [[4 - 8 * x]]
    >>> spectrum = lyapunov_spectrum(logistic, 0.3, steps=10_000)
    >>> print(spectrum.exponents.round(2))
    [1.]

    A network that is driven by inputs takes the time along:

    >>> inputs = np.sin(np.arange(200))
    >>> def driven(state):
    ...     t, h = state
    ...     h = np.tanh(2 * h + inputs[t])
    ...     return (t + 1, h), [[2 * (1 - h**2)]]
    >>> spectrum = lyapunov_spectrum(driven, (0, 0.1), steps=200)

    Reference:

    - [Benettin et al., 1980](https://doi.org/10.1007/BF02128237)
    - [Geist, Parlitz and Lauterborn, 1990](https://doi.org/10.1143/PTP.83.875)
    - [Flegal and Jones, 2010, batch means](https://doi.org/10.1214/09-AOS735)
    """
    steps = at_least(1, steps, "steps")
    burn_in = at_least(0, burn_in, "burn_in")
    if not base > 1:
        raise ValueError(f"`base` must be above 1. Received: {base}")
    directions, logs = None, []
    for t in range(burn_in + steps):
        state, jacobian = step(state)
        jacobian = np.asarray(jacobian, np.float64)
        if directions is None:
            units = len(square_matrix(jacobian, "jacobian"))
            directions = _start(units, count, frame, seed)
        if jacobian.shape != (units, units) or not np.isfinite(jacobian).all():
            raise ValueError(
                f"`step` must return finite Jacobians of shape ({units}, {units}). "
                f"Received: shape {jacobian.shape} at step {t}, "
                f"{np.sum(~np.isfinite(jacobian))} entries not finite"
            )
        directions, lengths = row_graded_qr(jacobian.T @ directions)
        if t >= burn_in:
            logs.append(lengths)
    with np.errstate(divide="ignore"):
        growth = np.log(logs) / math.log(base)
    return LyapunovSpectrum(
        growth.mean(axis=0), _standard_errors(growth), state, np.asarray(directions)
    )


def autonomous(matrix, activation: Callable, slope: Callable) -> Callable:
    r"""A step of $h_{t+1} = \phi(h_t V)$, a network without input.

    Args:
        matrix: Array `(units, units)`, V in row form, as the `recurrent_kernel` of
            Keras.
        activation: Function $\phi$ of an array `(units,)` of pre-activations.
        slope: Function $\phi'$ of the same.

    Returns:
        A function from a state `(units,)` to the pair of the next state and its
        Jacobian `(units, units)`, for `lyapunov_spectrum`.

    Raises:
        ValueError: If shapes do not fit.

    Example:

    >>> step = autonomous([[0.5]], np.tanh, lambda a: 1 / np.cosh(a) ** 2)
    >>> print(lyapunov_spectrum(step, [0.0], steps=10).exponents)
    [-1.]
    """
    matrix = square_matrix(matrix)

    def step(state):
        state = np.asarray(state, np.float64)
        if state.shape != matrix.shape[:1]:
            raise ValueError(
                f"The state must have shape ({len(matrix)},). "
                f"Received: shape {state.shape}"
            )
        drive = state @ matrix
        return activation(drive), matrix * slope(drive)

    return step


def _start(units: int, count: int | None, frame, seed: int | None) -> np.ndarray:
    if frame is None:
        frame = random_rotation(units, np.random.default_rng(seed))
    frame = np.asarray(frame, np.float64)
    if frame.ndim != 2 or len(frame) != units or not 1 <= frame.shape[1] <= units:
        raise ValueError(
            f"`frame` must have shape ({units}, count), with a direction per column. "
            f"Received: shape {frame.shape}"
        )
    number = frame.shape[1] if count is None else at_least(1, count, "count")
    if number > frame.shape[1]:
        raise ValueError(
            f"`count` must be at most {frame.shape[1]}, the number of directions. "
            f"Received: {count}"
        )
    frame = frame[:, :number]
    if not np.allclose(frame.T @ frame, np.eye(number), rtol=0, atol=1e-5):
        raise ValueError("The columns of `frame` must be orthonormal. They are not")
    return frame


def _standard_errors(growth: np.ndarray) -> np.ndarray:
    """Standard errors of the means of correlated rows (steps, count)."""
    length = math.isqrt(len(growth))
    number = len(growth) // length
    if number < 2:
        return np.full(growth.shape[1], np.nan)
    # Steps that fill no batch are left out at the start.
    batches = growth[len(growth) - number * length :].reshape(number, length, -1)
    with np.errstate(invalid="ignore"):
        spread = batches.mean(axis=1).std(axis=0, ddof=1)
    return np.where(np.isfinite(growth).all(axis=0), spread, np.nan) / number**0.5
