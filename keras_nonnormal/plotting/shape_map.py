from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from keras_nonnormal.activations import gamma_sup_slope
from keras_nonnormal.plotting._style import INK, dress, new_figure

FEWEST_FOR_CONTOURS = 4


def shape_map(
    values: Mapping[tuple[float, float], float],
    *,
    label: str = "",
    title: str = "",
    levels: int = 10,
) -> Figure:
    r"""Draws a number for each shape of gamma as a map over gains and saturations.

    Between the shapes that there are, it is interpolated on triangles. Where all of
    these are on a line or there are fewer than four, only the shapes themselves are
    drawn. A dashed line is where the largest slope of gamma is 1.

    Args:
        values: For each pair $(n, s)$ of a gain and a saturation, the number: the
            metric of a network, or the information in its states. Those that are not
            finite are crosses.
        label: What the number is.
        title: Title of the figure.
        levels: About how many levels the map has.

    Returns:
        A `matplotlib.figure.Figure`.

    Reference:

    - [Geadah et al., 2020](https://arxiv.org/abs/2006.12253)
    """
    figure = new_figure(6.2, 4.4)
    axes = figure.add_subplot()
    shapes = np.array(list(values), np.float64).reshape(-1, 2)
    numbers = np.array(list(values.values()), np.float64)
    known = np.isfinite(numbers)
    n, s = shapes[known].T
    if known.sum() >= FEWEST_FOR_CONTOURS and _spans_a_plane(n, s):
        axes.tricontourf(n, s, numbers[known], levels, cmap="viridis")
    points = axes.scatter(
        n, s, c=numbers[known], cmap="viridis", s=46, edgecolors="white", zorder=3
    )
    axes.plot(*shapes[~known].T, "x", color=INK, zorder=3)
    _mark_unit_slope(axes, shapes)
    if known.any():
        bar = figure.colorbar(points, ax=axes, pad=0.02, label=label)
        bar.ax.tick_params(colors=INK)
        bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
    axes.set(xlabel="gain n", ylabel="saturation s")
    dress(axes, title, grid=None)
    return figure


def _spans_a_plane(n: np.ndarray, s: np.ndarray) -> bool:
    """Whether not all points are on one line."""
    centred = np.stack([n - n.mean(), s - s.mean()])
    sizes = np.abs(centred).max(axis=1, keepdims=True)
    if (sizes == 0).any():
        return False
    return bool(np.linalg.matrix_rank(centred / sizes, tol=1e-9) == 2)


def _mark_unit_slope(axes: Axes, shapes: np.ndarray) -> None:
    """The dashed line, as far as it is in the picture."""
    if not len(shapes):
        return
    (n_low, s_low), (n_high, s_high) = shapes.min(axis=0), shapes.max(axis=0)
    across = 0.04 * (n_high - n_low) or 1.0
    up = 0.04 * (s_high - s_low) or 0.1
    n = np.linspace(n_low - across, n_high + across, 201)
    s = np.linspace(s_low - up, s_high + up, 201)
    axes.set(xlim=(n[0], n[-1]), ylim=(s[0], s[-1]))
    n = n[n > 0]
    if n.size < 2:
        return
    slopes = gamma_sup_slope(n, s[:, None])
    if slopes.min() < 1 < slopes.max():
        look: dict = {"colors": [INK], "linestyles": "dashed", "linewidths": 1.4}
        axes.contour(n, s, slopes, [1.0], **look, zorder=2)
