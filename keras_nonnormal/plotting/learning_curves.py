import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from keras_nonnormal.plotting._style import (
    COLOURS,
    colour,
    draw_levels,
    dress,
    legend_inside,
    look,
    mark_above,
    marker,
    new_figure,
)


def learning_curves(
    histories: Mapping[str, Sequence[Mapping[str, float]]],
    *,
    trivial_loss: float | None = None,
    success_loss: float | None = None,
    title: str = "",
    metric: str = "val_loss",
    label: str = "validation loss",
    index: str = "epoch",
) -> Figure:
    """Draws a metric over time for several runs, with the levels it is measured by.

    After seven curves the colours come again with other dashes and markers. Where a
    curve is above the frame there is a triangle at the upper edge, and the legend says
    of a curve that is nowhere inside how far above it is.

    Args:
        histories: For each run, by the name it gets in the figure, a mapping of
            metrics per epoch; as `TrainingResult.history` or `read_metrics` gives.
        trivial_loss: Where to draw the dashed level of a network that remembers
            nothing, or None.
        success_loss: Where to draw the dotted level below which a run is a success,
            or None.
        title: Title of the figure.
        metric: The metric to draw. Rows without it are left out.
        label: What the vertical axis says.
        index: What the horizontal axis counts: the name of it in the rows, `"epoch"`
            or `"update"`, and what the axis says.

    Returns:
        A `matplotlib.figure.Figure`, for `figure.savefig`; it belongs to no window.

    Example:

    ```python
    figure = learning_curves(
        {"chain": read_metrics("runs/chain/metrics.csv")}, trivial_loss=0.0416
    )
    figure.savefig("curves.png")
    ```
    """
    figure = new_figure(height=3.8 if len(histories) <= len(COLOURS) else 4.8)
    axes = figure.add_subplot()
    levels = [level for level in (trivial_loss, success_loss) if level is not None]
    top, lowest = 1.3 * max(levels, default=0.0), float("inf")
    for number, (name, history) in enumerate(histories.items()):
        points = [(row[index], row[metric]) for row in history if metric in row]
        counts, values = zip(*points, strict=True) if points else ((), ())
        axes.plot(
            counts,
            values,
            label=name,
            **look(number),
            linewidth=2,
            marker=marker(number) if len(points) <= 30 else None,
            markersize=4.5,
            zorder=3,
        )
        # A spike or a bad first epoch must not flatten what the figure is about.
        top = max(top, min(max(values, default=0.0), 2 * max(levels, default=1e9)))
        lowest = min(lowest, *values) if values else lowest
    draw_levels(axes, trivial_loss, success_loss)
    axes.set_xlabel(index)
    axes.set_ylabel(label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if math.isfinite(lowest):  # at least one curve is in the picture
        top = max(top, 1.3 * lowest)
    if top > 0:
        axes.set_ylim(0, 1.05 * top)
    for number, line in enumerate(axes.get_lines()[: len(histories)]):
        counts, values = map(np.asarray, line.get_data())
        if mark_above(axes, counts, values, color=colour(number)):
            line.set_label(
                f"{line.get_label()} (above the frame, {values.min():.3g} or more)"
            )
    dress(axes, title)
    legend_inside(figure, axes)
    return figure
