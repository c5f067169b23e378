from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from keras_nonnormal.plotting._mean_curve import deviation
from keras_nonnormal.plotting._style import (
    INK,
    colour,
    dress,
    hatch,
    legend_below,
    new_figure,
)

WIDTH = 0.8  # of all bars of a group, of the distance between groups


def grouped_bars(
    panels: Mapping[str, Mapping[str, Mapping[str, Sequence[float]]]],
    *,
    label: str,
    level: float | None = None,
    limits: tuple[float, float] | None = None,
    title: str = "",
) -> Figure:
    """Draws means as bars in groups, with half a standard deviation to either side.

    Deviations are of the sample, n - 1.

    Args:
        panels: For each panel, by its title, for each group, by its name, for each bar,
            by its name, the values of all runs. A bar of one value has no line for a
            deviation; without values it is left out.
        label: What the values are, for all panels.
        level: Where to draw a dashed line, or None.
        limits: Lower and upper end of the vertical axis, or None.
        title: Title of the figure.

    Returns:
        A `matplotlib.figure.Figure` with the panels in one row.

    Reference:
        - [Herranz-Celotti and Rouat, 2023](https://arxiv.org/abs/2308.12075), figure 3
    """
    bars = list(
        dict.fromkeys(
            bar
            for groups in panels.values()
            for each in groups.values()
            for bar in each
        )
    )
    groups_in_all = sum(map(len, panels.values()))
    width = max(5.0, 1.2 + groups_in_all * max(0.42 * len(bars), 1.3))
    figure = new_figure(width, 3.6)
    columns = figure.subplots(1, max(len(panels), 1), squeeze=False)[0]
    for axes, (name, groups) in zip(columns, panels.items(), strict=False):
        for place, values in enumerate(groups.values()):
            for bar, numbers in values.items():
                if not len(numbers):
                    continue
                number = bars.index(bar)
                share = WIDTH / len(bars)
                left = place - WIDTH / 2 + (number + 0.5) * share
                half = deviation(numbers) / 2 if len(numbers) > 1 else None
                axes.bar(
                    left,
                    np.mean(numbers),
                    0.92 * share,
                    color=colour(number),
                    hatch=hatch(number),
                    edgecolor="white" if hatch(number) else None,
                    yerr=half,
                    ecolor=INK,
                    label=bar,
                )
        axes.set_xticks(range(len(groups)), list(groups))
        if level is not None:
            axes.axhline(level, color=INK, linewidth=1.2, linestyle=(0, (5, 3)))
        if limits is not None:
            axes.set_ylim(*limits)
        dress(axes, name)
    columns[0].set_ylabel(label)
    figure.suptitle(title, fontsize=11)
    legend_below(figure, columns, bars)
    return figure
