from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from keras_nonnormal.plotting._style import (
    INK,
    colour,
    dress,
    legend_below,
    new_figure,
)

Losses = Mapping[str, Mapping[str, Sequence[Sequence[float]]]]


def best_settings(
    losses: Losses,
    successes: Mapping[str, Mapping[str, tuple[int, int]]],
    *,
    levels: Mapping[str, float] | None = None,
) -> Figure:
    """Draws losses of the best setting of each kind of network, and counts successes.

    Args:
        losses: For each task, by its name, for each kind, by its name, the losses of
            runs that differ in their seed alone, one per epoch. Drawn are the mean over
            the runs that have come to an epoch and one standard error of it.
        successes: For each task and kind, how many runs of all settings succeeded, and
            how many there are.
        levels: For each task the loss of a network that remembers nothing.

    Returns:
        A `matplotlib.figure.Figure` with a column for each task.

    Reference:

    - [Orhan and Pitkow, 2020, figure 3](https://arxiv.org/abs/1905.13715)
    """
    figure = new_figure(max(3.4 * len(losses), 4.6), 5.4)
    rows = figure.subplots(2, len(losses), squeeze=False, height_ratios=(1.4, 1))
    kinds = list(dict.fromkeys(kind for task in losses.values() for kind in task))
    for (curves, bars), (task, groups) in zip(rows.T, losses.items(), strict=True):
        for kind, runs in groups.items():
            mean, error = _mean_and_error(runs)
            epochs, look = np.arange(1, len(mean) + 1), colour(kinds.index(kind))
            curves.plot(epochs, mean, color=look, linewidth=2, label=kind)
            curves.fill_between(
                epochs, mean - error, mean + error, color=look, alpha=0.2, linewidth=0
            )
        if levels and task in levels:
            dashes = (0, (5, 3))
            curves.axhline(levels[task], color=INK, linewidth=1.2, linestyle=dashes)
        dress(curves, task)
        curves.set(xlabel="epoch", ylim=(0, None))
        curves.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        _bars(bars, successes[task], kinds)
    rows[0, 0].set_ylabel("validation loss")
    rows[1, 0].set_ylabel("successful runs")
    legend_below(figure, rows[0], kinds)
    return figure


def _bars(axes, counts, kinds) -> None:
    for place, (kind, (count, runs)) in enumerate(counts.items()):
        axes.bar(place, count, width=0.7, color=colour(kinds.index(kind)))
        axes.annotate(
            f"{count} of {runs}",
            (place, count),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            color=INK,
            fontsize=9,
        )
    dress(axes)
    axes.set_xticks(range(len(counts)), list(counts), fontsize=8.5)
    axes.set_ylim(0, 1.2 * max(1, *(count for count, _ in counts.values())))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))


def _mean_and_error(runs) -> tuple[np.ndarray, np.ndarray]:
    """Over the runs that have come that far; the error of a single one is 0."""
    table = np.full((len(runs), max(map(len, runs))), np.nan)
    for row, losses in zip(table, runs, strict=True):
        row[: len(losses)] = losses
    counts = np.count_nonzero(~np.isnan(table), axis=0)
    mean = np.nansum(table, axis=0) / counts
    variance = np.nansum(np.square(table - mean), axis=0) / np.maximum(counts - 1, 1)
    return mean, np.sqrt(variance / counts)
