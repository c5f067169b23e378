from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from keras_nonnormal.plotting._style import (
    colour,
    dress,
    legend_inside,
    look,
    marker,
    new_figure,
)


def information_curves(
    information: Mapping[str, Sequence[tuple[float, float, float]]],
    *,
    title: str = "",
    index: str = "epoch",
) -> Figure:
    """Draws the mutual information of inputs and states of networks while they learn.

    Args:
        information: For each network, by the name it gets in the figure, rows of the
            time, the mean over sequences in nats, and the standard deviation over
            them, which is drawn as a band. Negative estimates are drawn as 0.
        title: Title of the figure.
        index: What these times count.

    Returns:
        A `matplotlib.figure.Figure`.
    """
    figure = new_figure()
    axes = figure.add_subplot()
    for number, (name, rows) in enumerate(information.items()):
        times, means, spreads = np.reshape(rows, (-1, 3)).T
        own: dict = {"color": colour(number)}
        point: dict = {"marker": marker(number), "label": name}
        low, high = np.maximum([means - spreads, means + spreads], 0)
        means = np.maximum(means, 0)
        if len(times) > 1:
            axes.fill_between(times, low, high, **own, alpha=0.18, linewidth=0)
            axes.plot(times, means, **look(number), **point, linewidth=2, ms=4.5)
        else:
            bars = np.abs([means - low, high - means])
            axes.errorbar(
                times, means, bars, **own, **point, ls="none", ms=6, capsize=3
            )
    axes.set(xlabel=index, ylabel="mutual information, nats")
    axes.set_ylim(0, None)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    dress(axes, title)
    legend_inside(figure, axes)
    return figure
