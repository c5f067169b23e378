"""The figures of a report."""

import math
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments.sweeps.studies import Point, Setting
from keras_nonnormal.plotting._mean_curve import draw_mean
from keras_nonnormal.plotting._style import (
    HALO,
    INK,
    colour,
    dress,
    legend_below,
    mark_above,
    new_figure,
)

MOST_ACROSS = 2  # panels of a row
ABOVE = "#7A1F1F"  # the colour of losses above the trivial one


def best_curves(
    best: Mapping[str, Setting],
    trivial: float = math.inf,
    success: float = math.inf,
    title: str = "",
) -> Figure:
    """Draws mean losses of the best setting of every group, and a standard error.

    Where a curve is above the frame there is a triangle at the upper edge; the legend
    says of a curve that is nowhere inside how far above it is.

    Args:
        best: The settings.
        trivial: Where to draw the level of a network that remembers nothing.
        success: Where to draw the level below which a run is a success.
        title: Title of the figure.
    """
    figure = new_figure()
    axes = figure.add_subplot()
    levels = [level for level in (trivial, success) if math.isfinite(level)]
    top, means = 0.0, {}
    for number, (name, setting) in enumerate(best.items()):
        if not any(curves := setting.curves()):
            continue
        means[number] = mean = draw_mean(axes, curves, number, name)
        top = max(top, float(mean[np.isfinite(mean)].max(initial=0.0)))
    drawn = dict(zip(means, axes.get_lines(), strict=True))
    if levels:  # a bad first epoch must not flatten what the figure is about
        top = max(min(top, 2 * max(levels)), 1.2 * max(levels))
    for level, name, dashes in (
        (trivial, "trivial level", (0, (5, 3))),
        (success, "half of it: success", (0, (1, 2))),
    ):
        if math.isfinite(level):
            axes.axhline(level, color=INK, linewidth=1.2, linestyle=dashes)
            axes.annotate(
                name,
                (1, level),
                xycoords=("axes fraction", "data"),
                xytext=(-4, 4),
                textcoords="offset points",
                ha="right",
                color=INK,
                fontsize=9,
                path_effects=HALO,
            )
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


def heat_maps(
    maps: Mapping[str, Mapping[Point, float]],
    across: str,
    up: str,
    trivial: float = math.inf,
) -> Figure:
    """Draws the mean lowest loss at every setting: a panel for each group.

    All panels have one scale, which ends at the trivial loss if there is one. Above it
    a setting is dark and has its loss as a number; settings at which no run came to an
    end are left white.

    Args:
        maps: For each group, the loss by the two options.
        across: The option across.
        up: The option up.
        trivial: The loss of a network that remembers nothing.
    """
    columns = min(len(maps), MOST_ACROSS)
    rows = -(-len(maps) // columns)
    figure = new_figure(1.0 + 3.6 * columns, 0.4 + 3.0 * rows)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    image = None
    colours = matplotlib.colormaps["viridis_r"].with_extremes(over=ABOVE)
    losses = [each for found in maps.values() for each in found.values()]
    scale = _scale(losses, trivial)
    above = any((scale.vmax or math.inf) < each < math.inf for each in losses)
    for axes, (name, values) in zip(panels, maps.items(), strict=False):
        xs, ys = (sorted({point[place] for point in values}) for place in (0, 1))
        table = np.array([[values.get((x, y), math.nan) for x in xs] for y in ys])
        table[~np.isfinite(table)] = np.nan
        image = axes.imshow(
            table, norm=scale, cmap=colours, origin="lower", aspect="auto"
        )
        for row, column in np.argwhere(table > (scale.vmax or math.inf)):
            number, place = (
                f"{table[row, column]:.3g}",
                {"ha": "center", "va": "center"},
            )
            axes.text(column, row, number, size=6, color="white", **place)
        axes.set_xticks(range(len(xs)), [f"{x:g}" for x in xs], rotation=90)
        axes.set_yticks(range(len(ys)), [f"{y:g}" for y in ys])
        axes.set(xlabel=across, ylabel=up)
        dress(axes, name, grid=None)
    for axes in panels[len(maps) :]:
        axes.set_visible(False)
    if image is not None:
        bar = figure.colorbar(
            image,
            ax=list(panels),
            pad=0.02,
            label="lowest loss"
            + ("; above the trivial level: numbers" if above else ""),
            extend="max" if above else "neither",
        )
        bar.ax.tick_params(colors=INK, which="both")
        bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
    return figure


def _scale(values: Sequence[float], trivial: float) -> Normalize:
    finite = [each for each in values if math.isfinite(each)]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    if math.isfinite(trivial):
        high = 1.0001 * trivial  # at which a run that diverged is counted
        low = min(low, 0.99 * trivial)
    if 0 < low < high:
        return LogNorm(low, high)
    return Normalize(low, high if high > low else low + 1.0)
