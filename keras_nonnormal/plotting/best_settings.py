from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from keras_nonnormal.plotting._mean_curve import draw_mean
from keras_nonnormal.plotting._style import (
    INK,
    colour,
    dress,
    hatch,
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
            draw_mean(curves, runs, kinds.index(kind), kind)
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
        number = kinds.index(kind)
        look = {"color": colour(number), "hatch": hatch(number)}
        axes.bar(place, count, width=0.7, edgecolor="white", **look)
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
    turned = {"rotation": 40, "ha": "right"} if len(counts) > 4 else {}
    axes.set_xticks(range(len(counts)), list(counts), fontsize=8.5, **turned)
    axes.set_ylim(0, 1.2 * max(1, *(count for count, _ in counts.values())))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
