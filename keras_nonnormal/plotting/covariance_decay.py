from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from keras_nonnormal.analysis import CovarianceDecay
from keras_nonnormal.plotting._style import DASHES, INK, colour, dress, legend_below
from keras_nonnormal.plotting._style import new_figure as empty

SIGNIFICANT = 0.05


def covariance_decay_curves(
    columns: Mapping[str, Mapping[str, CovarianceDecay]], *, title: str = ""
) -> Figure:
    """Draws how radii at the first step and at later ones go together.

    The rows are covariance, correlation and p-value, with a dashed line at 0.05.

    Args:
        columns: For each column, by its title, for each curve, by its name, what
            `analysis.covariance_decay` returns.
        title: Title of the figure.

    Returns:
        A `matplotlib.figure.Figure` with three panels for each column.

    Reference:
        - [Herranz-Celotti and Rouat, 2023](https://arxiv.org/abs/2308.12075),
          supplement
    """
    count = max(len(columns), 1)
    figure = empty(1.0 + 3.8 * count, 6.6)
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    panels = figure.subplots(3, count, sharex="col", squeeze=False)
    names = list(dict.fromkeys(name for curves in columns.values() for name in curves))
    for column, (head, curves) in zip(panels.T, columns.items(), strict=False):
        for name, found in curves.items():
            number = names.index(name)
            for axes, values in zip(
                column,
                (found.covariance, found.correlation, found.p_value),
                strict=True,
            ):
                axes.plot(
                    found.steps,
                    np.asarray(values),
                    color=colour(number),
                    linestyle=DASHES[number % len(DASHES)],
                    linewidth=1.4,
                    label=name,
                )
        for axes in column:
            dress(axes, head if axes is column[0] else "")
            axes.margins(x=0)
        look = {"color": INK, "linewidth": 1.2, "linestyle": (0, (5, 3))}
        column[2].axhline(SIGNIFICANT, **look)
        column[1].set_ylim(-1.05, 1.05)
        column[2].set_ylim(-0.03, 1.03)
        column[2].set_xlabel("step t")
    for axes, what in zip(
        panels[:, 0], ("covariance", "correlation", "p-value"), strict=True
    ):
        axes.set_ylabel(what)
    legend_below(figure, panels.ravel(), names)
    return figure
