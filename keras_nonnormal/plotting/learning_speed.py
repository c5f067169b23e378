from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from keras_nonnormal.plotting._style import INK, colour, dress, look, new_figure

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


def learning_speed(
    groups: Mapping[str, Sequence[Sequence[float]]],
    *,
    epoch: int | None = None,
    label: str = "",
    title: str = "",
    index: str = "epoch",
    step: float = 1,
    bins: int = 16,
) -> Figure:
    """Draws quantiles of a metric over time for groups of runs.

    Of each group there are the median as a thick line, the quarter below and the
    quarter above it as a band, and the first and the last tenth as thin lines. Beside
    it is a histogram of all runs at one time.

    Args:
        groups: For each group of runs, by the name it gets in the figure, the metric
            at each epoch of each run. Runs may be of different lengths; a run that
            has ended has no share in what comes after it.
        epoch: The epoch of the histogram, from 1; None takes the last that a run of
            every group has.
        label: What the metric is.
        title: Title of the figure.
        index: What the horizontal axis counts.
        step: How much of that an epoch is.
        bins: Bars of the histogram.

    Returns:
        A `matplotlib.figure.Figure` with two panels.

    Raises:
        ValueError: If no run has come to that epoch.
    """
    tables = {name: _table(runs) for name, runs in groups.items()}
    if epoch is None:
        epoch = min((table.shape[1] for table in tables.values()), default=1)
    longest = max((table.shape[1] for table in tables.values()), default=1)
    if not 1 <= epoch <= longest:
        raise ValueError(f"`epoch` must be from 1 to {longest}. Received: {epoch}")
    figure = new_figure(9.6, 4.2)
    curves, bars = figure.subplots(1, 2, width_ratios=(3, 2))
    for number, (name, table) in enumerate(tables.items()):
        counts = step * np.arange(1, table.shape[1] + 1)
        low, quarter, middle, upper, high = np.nanquantile(table, QUANTILES, axis=0)
        own = {"color": colour(number)}
        plural = "run" if len(table) == 1 else "runs"
        name = f"{name} ({len(table)} {plural})"
        curves.plot(counts, middle, **look(number), linewidth=2.4, label=name, zorder=3)
        curves.fill_between(counts, quarter, upper, **own, alpha=0.2, linewidth=0)
        for edge in (low, high):
            curves.plot(counts, edge, **own, linewidth=0.8)
    curves.axvline(step * epoch, color=INK, linewidth=1, linestyle=(0, (1, 2)))
    curves.set(xlabel=index, ylabel=label)
    curves.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    dress(curves, title)

    reached = {
        name: table[:, epoch - 1][np.isfinite(table[:, epoch - 1])]
        for name, table in tables.items()
        if table.shape[1] >= epoch
    }
    values = np.concatenate([*reached.values(), []])
    edges = np.histogram_bin_edges(values, bins) if values.size else np.arange(2.0)
    for name, each in reached.items():
        number = list(tables).index(name)
        counts, _ = np.histogram(each, edges)
        bars.stairs(counts, edges, **look(number), linewidth=2)
        bars.stairs(counts, edges, color=colour(number), alpha=0.2, fill=True)
    bars.yaxis.set_major_locator(MaxNLocator(integer=True))
    bars.set(xlabel=label, ylabel="runs")
    dress(bars, f"{index} {step * epoch:g}")
    if tables:
        figure.legend(
            *curves.get_legend_handles_labels(),
            loc="outside lower center",
            ncols=4,
            frameon=False,
        )
    return figure


def _table(runs: Sequence[Sequence[float]]) -> np.ndarray:
    """Runs as rows, NaN after their end."""
    longest = max(map(len, runs), default=0)
    table = np.full((len(runs), longest), np.nan)
    for row, values in zip(table, runs, strict=True):
        row[: len(values)] = values
    # What no run of the group says has no quantiles.
    return table[:, np.isfinite(table).any(axis=0).cumprod().astype(bool)]
