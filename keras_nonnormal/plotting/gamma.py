from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from keras_nonnormal.activations import gamma_slopes, gamma_sup_slope, gamma_values
from keras_nonnormal.plotting._style import HALO, INK, colour, dress, new_figure

LINES = "#9FB6C4"
LEVELS = (0.1, 0.2, 0.4, 0.6, 0.8, 1.25, 1.5, 2.0, 3.0, 4.0)


def gamma_shapes(
    shapes: Sequence[tuple[float, float]],
    *,
    span: tuple[float, float] = (-2.0, 2.0),
    largest_gain: float = 20.0,
    saturations: tuple[float, float] = (-0.1, 1.0),
) -> Figure:
    r"""Draws gamma and its slope for some shapes, and the largest slope of all shapes.

    The map on the right has a thick line where the largest slope over all inputs is 1:
    on one side of it gamma contracts everywhere. Dots are the shapes of the curves.

    Args:
        shapes: Pairs $(n, s)$ of a gain and a saturation, a curve each.
        span: From which pre-activation to which.
        largest_gain: Where the map ends; it begins at a fiftieth of that.
        saturations: From which saturation to which the map goes.

    Returns:
        A `matplotlib.figure.Figure` with three panels.

    Reference:

    - [Geadah et al., 2020](https://arxiv.org/abs/2006.12253)
    """
    figure = new_figure(12.6, 4.2)
    values, slopes, plane = figure.subplots(1, 3)
    x = np.linspace(*span, 601)
    for number, (n, s) in enumerate(shapes):
        look = {"color": colour(number), "linewidth": 2}
        values.plot(x, gamma_values(x, n, s), **look, label=f"n = {n:g}, s = {s:g}")
        slopes.plot(x, gamma_slopes(x, n, s), **look)
        plane.plot(
            n, s, "o", color=look["color"], mec="white", ms=8, clip_on=False, zorder=5
        )
    slopes.axhline(1, color=INK, linewidth=1.2, linestyle=(0, (5, 3)), zorder=1)
    dress(values, "γ(x; n, s)")
    dress(slopes, "its slope")
    values.set(xlabel="pre-activation x", ylabel="γ", xlim=span)
    slopes.set(xlabel="pre-activation x", ylabel="∂γ / ∂x", xlim=span)
    n = np.linspace(largest_gain / 50, largest_gain, 300)
    s = np.linspace(*saturations, 221)
    grid: tuple = (n, s, gamma_sup_slope(n, s[:, None]))
    lines = plane.contour(*grid, LEVELS, colors=[LINES], linewidths=1.1)
    plane.clabel(lines, fontsize=8, fmt="%g", colors=[INK])
    plane.contour(*grid, [1.0], colors=[INK], linewidths=2.6)
    inside = gamma_sup_slope(0.4 * largest_gain, s) >= 1
    dress(plane, "largest slope over all x, thick: 1", grid=None)
    plane.set(xlabel="gain n", ylabel="saturation s")
    plane.set(xlim=(0, 1.02 * largest_gain), ylim=saturations)
    if inside.any() and not inside.all():
        plane.text(
            0.4 * largest_gain,
            s[~inside].min() + 0.03,
            "contracts everywhere",
            color=INK,
            ha="center",
            va="bottom",
            fontsize=9,
            path_effects=HALO,
        )
    if len(shapes):
        figure.legend(
            loc="outside lower center", ncols=7, frameon=False, handlelength=1.4
        )
    return figure
