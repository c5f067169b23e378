from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from keras_nonnormal.plotting._mean_curve import deviation
from keras_nonnormal.plotting._style import (
    DASHES,
    colour,
    dress,
    legend_below,
    new_figure,
)

PANEL = (2.4, 3.0)  # inches


def rate_panels(
    panels: Mapping[str, Mapping[str, Mapping[float, Sequence[float]]]],
    *,
    label: str = "test accuracy",
    title: str = "",
) -> Figure:
    """Draws a score over learning rates: a panel for each task, a line for each start.

    A line goes through the means over runs; its band is half a standard deviation (of
    the sample, n - 1) to either side.

    Args:
        panels: For each panel, by its title, for each line, by its name, the scores of
            all runs by learning rate.
        label: What the score is.
        title: Title of the figure.

    Returns:
        A `matplotlib.figure.Figure` with the panels in one row.

    Example:

    ```python
    rate_panels({"mnist, sin": {"Glorot": {1e-4: [0.93, 0.94], 1e-3: [0.1, 0.2]}}})
    ```

    Reference:
        - [Herranz-Celotti and Rouat, 2023](https://arxiv.org/abs/2308.12075), figure 2
    """
    count = max(len(panels), 1)
    figure = new_figure(max(PANEL[0] * count, 4.0), PANEL[1])
    rows = figure.subplots(1, count, sharey=True, squeeze=False)[0]
    names = list(dict.fromkeys(name for lines in panels.values() for name in lines))
    for axes, (name, lines) in zip(rows, panels.items(), strict=False):
        for line, scores in lines.items():
            number = names.index(line)
            rates = sorted(scores)
            means = np.array([np.mean(scores[rate]) for rate in rates])
            half = np.array([deviation(scores[rate]) / 2 for rate in rates])
            look = {"color": colour(number)}
            axes.plot(
                rates,
                means,
                **look,
                linewidth=2,
                linestyle=DASHES[number % len(DASHES)],
                marker="o",
                markersize=4,
                label=line,
            )
            axes.fill_between(
                rates, means - half, means + half, **look, alpha=0.2, linewidth=0
            )
        axes.set_xscale("log")
        axes.set_xlabel("learning rate")
        dress(axes, name)
    rows[0].set_ylabel(label)
    figure.suptitle(title, fontsize=11)
    legend_below(figure, rows, names)
    return figure
