from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from keras_nonnormal.plotting._style import colour, look, marker


def draw_mean(
    axes: Axes, runs: Sequence[Sequence[float]], number: int, name: str
) -> np.ndarray:
    """Draws the mean of values by epoch over runs, within one standard error of it.

    Args:
        axes: Where.
        runs: One value per epoch for each of at least one run; the mean is over those
            that have come to an epoch.
        number: The number of the line, from 0, which says how it looks.
        name: What the legend says.

    Returns:
        The mean, one number per epoch.
    """
    mean, error = _mean_and_error(runs)
    epochs = np.arange(1, len(mean) + 1)
    point = marker(number) if len(mean) == 1 else None
    axes.plot(epochs, mean, **look(number), linewidth=2, label=name, marker=point)
    low, high = mean - error, mean + error
    axes.fill_between(epochs, low, high, color=colour(number), alpha=0.2, linewidth=0)
    return mean


def _mean_and_error(runs) -> tuple[np.ndarray, np.ndarray]:
    """The error of a single one is 0."""
    table = np.full((len(runs), max(map(len, runs))), np.nan)
    for row, losses in zip(table, runs, strict=True):
        row[: len(losses)] = losses
    counts = np.count_nonzero(~np.isnan(table), axis=0)
    mean = np.nansum(table, axis=0) / counts
    variance = np.nansum(np.square(table - mean), axis=0) / np.maximum(counts - 1, 1)
    return mean, np.sqrt(variance / counts)


def deviation(values: Sequence[float]) -> float:
    """The standard deviation of a sample (n - 1); 0 of a single value."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
