import math
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure

from keras_nonnormal.plotting._style import INK, dress, new_figure

MOST_ACROSS = 2  # panels of a row
ABOVE = "#7A1F1F"  # the colour of losses above the trivial one


def setting_maps(
    maps: Mapping[str, Mapping[tuple[float, float], float]],
    across: str,
    up: str,
    *,
    trivial_loss: float | None = None,
) -> Figure:
    """Draws the lowest loss at every setting of two options: a panel for each group.

    All panels have one scale, which ends at the trivial loss if there is one. Above it
    a setting is dark and has its loss as a number; settings at which no run came to an
    end, whose loss is infinite, are left white.

    Args:
        maps: For each group, by its name, the loss by the values of the two options.
        across: Name of the option across, which is the first.
        up: Name of the option up.
        trivial_loss: Loss of a network that remembers nothing, or None.

    Returns:
        A `matplotlib.figure.Figure`, for `figure.savefig`; it belongs to no window.
    """
    columns = min(len(maps), MOST_ACROSS)
    rows = -(-len(maps) // columns)
    figure = new_figure(1.0 + 3.6 * columns, 0.4 + 3.0 * rows)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    image = None
    colours = matplotlib.colormaps["viridis_r"].with_extremes(over=ABOVE)
    losses = [each for found in maps.values() for each in found.values()]
    scale = _scale(losses, trivial_loss)
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


def _scale(values: Sequence[float], trivial: float | None) -> Normalize:
    finite = [each for each in values if math.isfinite(each)]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    if trivial is not None:
        high = 1.0001 * trivial  # at which a run that diverged is counted
        low = min(low, 0.99 * trivial)
    if 0 < low < high:
        return LogNorm(low, high)
    return Normalize(low, high if high > low else low + 1.0)
