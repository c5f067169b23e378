from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from keras_nonnormal.plotting._mean_curve import draw_mean
from keras_nonnormal.plotting._style import (
    colour,
    draw_levels,
    dress,
    legend_below,
    mark_above,
    new_figure,
)


def mean_curves(
    losses: Mapping[str, Sequence[Sequence[float]]],
    *,
    trivial_loss: float | None = None,
    success_loss: float | None = None,
    title: str = "",
) -> Figure:
    """Draws mean losses over repeats by epoch, within one standard error of the mean.

    Where a curve is above the frame there is a triangle at the upper edge; the legend
    says of a curve that is nowhere inside how far above it is.

    Args:
        losses: For each curve, by its name, the losses of runs that differ in their
            seed alone, one per epoch. One without runs is left out.
        trivial_loss: Where to draw the dashed level of a network that remembers
            nothing, or None.
        success_loss: Where to draw the dotted level below which a run is a success,
            or None.
        title: Title of the figure.

    Returns:
        A `matplotlib.figure.Figure`, for `figure.savefig`; it belongs to no window.
    """
    figure = new_figure()
    axes = figure.add_subplot()
    top, means = 0.0, {}
    for number, (name, runs) in enumerate(losses.items()):
        if any(map(len, runs)):
            means[number] = mean = draw_mean(axes, runs, number, name)
            top = max(top, float(mean[np.isfinite(mean)].max(initial=0.0)))
    drawn = dict(zip(means, axes.get_lines(), strict=True))
    levels = [each for each in (trivial_loss, success_loss) if each is not None]
    if levels:  # a bad first epoch must not flatten what the figure is about
        top = max(min(top, 2 * max(levels)), 1.2 * max(levels))
    draw_levels(axes, trivial_loss, success_loss)
    axes.set(xlabel="epoch", ylabel="loss", ylim=(0, 1.05 * top or None))
    for number, mean in means.items():
        epochs = np.arange(1, len(mean) + 1)
        if mark_above(axes, epochs, mean, color=colour(number)):
            least = f"(above: {np.nanmin(mean):.3g} or more)"
            drawn[number].set_label(f"{drawn[number].get_label()} {least}")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    dress(axes, title)
    legend_below(figure, [axes])
    return figure
