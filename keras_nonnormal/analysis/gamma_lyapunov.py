from collections.abc import Sequence

import numpy as np

from keras_nonnormal.activations import gamma_slopes, gamma_values
from keras_nonnormal.analysis._checks import square_matrix
from keras_nonnormal.analysis.anru import ANRUWeights, anru_responses
from keras_nonnormal.analysis.lyapunov import (
    LyapunovSpectrum,
    autonomous,
    lyapunov_spectrum,
)


def gamma_lyapunov_spectrum(
    matrix, gain, saturation, state=None, **options
) -> LyapunovSpectrum:
    r"""Lyapunov exponents of a network of gamma nonlinearities, left to itself.

    That is of $h_{t+1} = \gamma(h_t V; n, s)$, without input and without bias.

    For an ANRU, whose gains and saturations change in time, take the values that it has
    at some moment of a driven run: the exponents are those of the network with its
    nonlinearity frozen there. (How the published exponents of such networks were found
    was not published; this is the natural reading.)

    Args:
        matrix: Array `(units, units)`, V in row form: a `recurrent_kernel`.
        gain: Float or array `(units,)`, n of each unit; not 0.
        saturation: Float or array `(units,)`, s of each unit.
        state: Array `(units,)`, the start. Defaults to 0.5 in every unit.
        **options: `steps`, `count`, `frame`, `burn_in`, `base` and `seed` of
            `lyapunov_spectrum`. Published spectra took 5000 to 10000 steps, and none
            of them as burn-in.

    Returns:
        A `LyapunovSpectrum`, in bits per step if `base` is left at 2.

    Raises:
        ValueError: If a gain is 0 or shapes do not fit.

    Example:

    >>> spectrum = gamma_lyapunov_spectrum(np.eye(3), gain=100.0, saturation=0.0)
    >>> print(abs(spectrum.exponents.round(3)))  # nearly linear, a rotation by 0
    [0. 0. 0.]

    Reference:

    - [arXiv 2006.12253](https://arxiv.org/abs/2006.12253)
    """
    matrix = square_matrix(matrix)
    units = len(matrix)
    gain = _per_unit(gain, "gain", units)
    saturation = _per_unit(saturation, "saturation", units)
    if not gain.all():
        raise ValueError("`gain` must not be 0, where gamma has a pole")
    step = autonomous(
        matrix,
        lambda drive: gamma_values(drive, gain, saturation),
        lambda drive: gamma_slopes(drive, gain, saturation),
    )
    start = np.full(units, 0.5) if state is None else state
    return lyapunov_spectrum(step, start, **options)


def driven_exponents(
    weights: ANRUWeights,
    sizes: Sequence[float],
    moments: Sequence[int],
    *,
    onset: int = 200,
    noise: float = 0.1,
    steps: int = 500,
    seed: int = 1,
) -> np.ndarray:
    """Largest exponents of an ANRU whose shape is held as it is under a drive.

    Args:
        weights: The ANRU.
        sizes: Sizes of the drive.
        moments: How long the drive has been on where the shape is held, in order.
        onset: The step before the first one with the drive.
        noise: Standard deviation of the noise on inputs.
        steps: Steps that an exponent is averaged over.
        seed: Seed of inputs, noise and directions.

    Returns:
        An array `(1 + sizes, moments)`, in bits per step; the first row is of a run
        without a drive, whose shapes do not follow any.

    Reference:

    - [Geadah et al., 2020](https://arxiv.org/abs/2006.12253)
    """
    last = onset + moments[-1]
    found = anru_responses(
        weights,
        [0.0, *sizes],
        steps=last + 1,
        drive=(onset + 1, last),
        noise=noise,
        repeats=1,
        seed=seed,
    )

    def largest(number: int, moment: int) -> float:
        at = (number, 0, onset + moment)
        shape = found.gains[at], found.saturations[at], found.states[at]
        how = {"steps": steps, "count": 1, "seed": seed}
        return gamma_lyapunov_spectrum(weights.matrix, *shape, **how).exponents[0]

    rows = range(1 + len(sizes))
    return np.array([[largest(row, each) for each in moments] for row in rows])


def _per_unit(value, name: str, units: int) -> np.ndarray:
    value = np.asarray(value, np.float64)
    if value.shape not in ((), (1,), (units,)) or not np.isfinite(value).all():
        raise ValueError(
            f"`{name}` must be a number or have shape ({units},), and be finite. "
            f"Received: {value.tolist()}"
        )
    return value
