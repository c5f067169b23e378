import numpy as np


def frac_diff(signals, order: float) -> np.ndarray:
    r"""Fractional derivative of signals, by Fourier transform.

    $$ D^\alpha x = \mathrm{Re}\, F^{-1} \left[ (2 \pi i f)^\alpha F x \right] $$

    with the principal branch of the power, a spacing of 1 between steps, and the mean
    removed. Signals count as periodic, so that steps near either end see the other.

    Args:
        signals: Array `(..., time)`.
        order: Float $\alpha$; negative to integrate.

    Returns:
        An array of the same shape.

    Raises:
        ValueError: If there is no step.

    Example:

    >>> t = np.arange(8) * np.pi / 4
    >>> half = frac_diff(frac_diff(np.sin(t), 0.5), 0.5) / (np.pi / 4)
    >>> print(abs(half - np.cos(t)).max() < 1e-12)
    True

    Reference:

    - [Lundstrom et al., 2008](https://doi.org/10.1038/nn.2212)
    """
    signals, gains = _gains(signals, order)
    return np.fft.irfft(np.fft.rfft(signals) * gains, signals.shape[-1])


def frac_int(signals, order: float) -> np.ndarray:
    r"""Fractional integral: what undoes `frac_diff` up to the mean.

    It is `frac_diff` of the negative order but for the highest frequency of an even
    number of steps, which alternates between two values. Of its derivative only the
    real part is a signal, and that is what is undone here; for odd orders, where the
    real part is 0, it is left out.

    Args:
        signals: Array `(..., time)`.
        order: Float $\alpha$.

    Returns:
        An array of the same shape, with mean 0.

    Raises:
        ValueError: If there is no step.

    Example:

    >>> x = np.array([3.0, -1.0, 4.0, 1.0, -5.0, 9.0])
    >>> print(frac_int(frac_diff(x, 0.3), 0.3).round(3) + x.mean().round(3))
    [ 3. -1.  4.  1. -5.  9.]
    """
    signals, gains = _gains(signals, order)
    steps = signals.shape[-1]
    if steps % 2 == 0:
        last = gains[-1].real
        gains[-1] = last if abs(last) > 1e-12 * abs(gains[-1]) else 0.0
    inverse = np.divide(1, gains, out=np.zeros_like(gains), where=gains != 0)
    return np.fft.irfft(np.fft.rfft(signals) * inverse, steps)


def _gains(signals, order: float) -> tuple[np.ndarray, np.ndarray]:
    """Signals in float64, and the factors of their frequencies."""
    signals = np.asarray(signals, np.float64)
    if not signals.ndim or not signals.shape[-1]:
        raise ValueError(
            f"`signals` must have shape (..., time). Received: shape {signals.shape}"
        )
    frequencies = np.fft.rfftfreq(signals.shape[-1])
    gains = np.zeros(len(frequencies), complex)
    gains[1:] = (2j * np.pi * frequencies[1:]) ** order
    return signals, gains
