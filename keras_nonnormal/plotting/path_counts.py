from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from keras_nonnormal.plotting._style import colour, dress, new_figure


def path_counts(
    curves: Mapping[str, tuple[str, np.ndarray, np.ndarray]],
    *,
    ticks: Mapping[str, Sequence[float]] | None = None,
    title: str = "",
) -> Figure:
    """Draws how the number of ways over a grid grows with it, each in a panel.

    Args:
        curves: For each panel, by its title, the name of what is varied, an array of
            its values, and an array of the numbers of paths.
        ticks: By title, the numbers to mark on the vertical axis; others are left to
            matplotlib.
        title: Title of the figure.

    Returns:
        A `matplotlib.figure.Figure` with the panels in one row and logarithmic vertical
        axes.

    Reference:
        - [Herranz-Celotti and Rouat, 2023](https://arxiv.org/abs/2308.12075), figure 1b
    """
    figure = new_figure(3.4 * max(len(curves), 1), 3.4)
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    panels = figure.subplots(1, max(len(curves), 1), squeeze=False)[0]
    for axes, (name, (varied, values, counts)) in zip(
        panels, curves.items(), strict=False
    ):
        axes.plot(values, counts, color=colour(0), linewidth=2.2)
        axes.set(yscale="log", xlabel=varied)
        axes.margins(x=0)
        dress(axes, name)
        if ticks and name in ticks:
            axes.set_yticks(list(ticks[name]))
            axes.minorticks_off()
    panels[0].set_ylabel("number of descent paths\nin a rectangular grid")
    return figure
