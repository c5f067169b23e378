from dataclasses import dataclass

import numpy as np

from keras_nonnormal.analysis._checks import at_least, square_matrix


@dataclass(frozen=True)
class TransientStatistics:
    """How large states are at every step of the noise-free map x -> M x.

    Each attribute is an array `(steps,)`; step 0 is the start.

    Args:
        unit_std: Standard deviation of a unit over the ensemble, mean over units.
        unit_std_spread: Standard deviation of the same over units.
        norm: Length of the state, mean over the ensemble.
        norm_spread: Standard deviation of the same over the ensemble.
    """

    unit_std: np.ndarray
    unit_std_spread: np.ndarray
    norm: np.ndarray
    norm_spread: np.ndarray


def transient_statistics(matrix, starts=None, steps: int = 150) -> TransientStatistics:
    """Growth and decay of states under powers of a matrix.

    A normal matrix with a spectral radius below 1 only ever shrinks a state; a
    non-normal one can let it grow for many steps before it dies out.

    Args:
        matrix: Array `(units, units)` in column form: `matrix @ x` is the next state.
            Of a `recurrent_kernel` of Keras pass the transpose.
        starts: Array `(units, points)` of start states in columns, at least two.
            Defaults to `gaussian_starts(units)`.
        steps: Integer, number of steps, the start included. Defaults to `150`.

    Returns:
        A `TransientStatistics`.

    Raises:
        ValueError: If shapes do not fit.

    Example:

    >>> from keras_nonnormal.analysis import delay_line
    >>> moments = transient_statistics(delay_line(100, alpha=1.05), steps=81)
    >>> print(f"{moments.norm[0]:.2f} {moments.norm[80]:.2f}")
    1.00 21.84

    Reference:

    - [Kerg et al., 2019, figure 1](https://arxiv.org/abs/1905.12080)
    """
    matrix = square_matrix(matrix)
    steps = at_least(1, steps, "steps")
    units = len(matrix)
    states = gaussian_starts(units) if starts is None else np.asarray(starts, float)
    if states.ndim != 2 or len(states) != units or states.shape[1] < 2:
        raise ValueError(
            f"`starts` must hold at least two states in columns, shape ({units}, "
            f"points). Received: shape {states.shape}"
        )
    moments = np.empty((4, steps))
    for step in range(steps):
        stds = states.std(axis=1)
        norms = np.linalg.norm(states, axis=0)
        moments[:, step] = *_mean_and_spread(stds), *_mean_and_spread(norms)
        states = matrix @ states
    return TransientStatistics(*moments)


def gaussian_starts(units: int, points: int = 1000, seed: int = 4) -> np.ndarray:
    """Random directions: Gaussian vectors scaled to length 1.

    Args:
        units: Integer, length of a vector.
        points: Integer, number of vectors. Defaults to `1000`.
        seed: Integer, defaults to `4`; with the default, the published vectors.

    Returns:
        An array `(units, points)`, a vector per column.
    """
    units, points = at_least(1, units, "units"), at_least(1, points, "points")
    vectors = np.random.RandomState(seed).standard_normal((units, points))
    return vectors / np.linalg.norm(vectors, axis=0)


def _mean_and_spread(values: np.ndarray) -> tuple[float, float]:
    return values.mean(), values.std(ddof=1) if values.size > 1 else 0.0
