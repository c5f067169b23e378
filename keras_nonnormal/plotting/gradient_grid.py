import itertools
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from keras_nonnormal.plotting._style import HALO, INK, colour, new_figure

RED = "#C00000"
SPREAD = 0.05  # how far paths are drawn apart


def gradient_grid(
    descents: Sequence[np.ndarray], *, time: int = 6, depth: int = 4, title: str = ""
) -> Figure:
    r"""Draws ways of a gradient over the grid of time and depth.

    Besides those given there are the one of a feed-forward network, straight down, and
    the one of a single recurrent layer, straight back.

    Args:
        descents: Arrays `(points, 2)` of time and depth, from 0, each point next to the
            one before. They are labelled $c_0$, $c_1$ and so on.
        time: Integer, columns of the grid.
        depth: Integer, rows of the grid.
        title: Title of the figure.

    Returns:
        A `matplotlib.figure.Figure` with one panel.

    Reference:
        - [Herranz-Celotti and Rouat, 2023](https://arxiv.org/abs/2308.12075), figure 1a
    """
    figure = new_figure(6.2, 4.4)
    axes = figure.subplots()
    right, top = time - 1, depth - 1
    columns, rows = np.meshgrid(np.arange(time), np.arange(depth))
    axes.plot(columns.ravel(), rows.ravel(), "o", color=INK, markersize=7, zorder=3)
    _arrows(axes, [(0, each) for each in range(top, -1, -1)], "#000000")
    _arrows(axes, [(each, 0) for each in range(right, -1, -1)], RED)
    axes.text(-0.15, top / 2, r"$c_\mathrm{FFN}$", ha="right", va="center", fontsize=12)
    name = r"$c_\mathrm{1\!-\!RNN}$"
    axes.text(right / 2, -0.2, name, ha="center", va="top", fontsize=12, c=RED)
    for number, path in enumerate(descents):
        shift = SPREAD * (number - (len(descents) - 1) / 2) * np.array([1, -1])
        points, look = np.asarray(path) + shift, colour((0, 2, 4)[number % 3])
        _arrows(axes, points, look)
        x, y = points[(2 * number + 2) % (len(points) - 1)]
        axes.text(x + 0.1, y - 0.28, rf"$c_{{{number}}}$", color=look, fontsize=13)
    _bracket(axes, (0, top + 0.35), (right, top + 0.35), (0, 0.12), r"$\Delta t$")
    _bracket(axes, (right + 0.35, 0), (right + 0.35, top), (0.12, 0), r"$\Delta l$")
    for place, text in (
        ((0, -0.42), "t"),
        ((right, -0.42), "T"),
        ((-0.62, 0), "l"),
        ((-0.62, top), "L"),
    ):
        axes.text(*place, f"${text}$", ha="center", va="center", fontsize=13)
    axes.text(
        right - 0.4, top - 0.22, "$M_k$", fontsize=12, va="top", path_effects=HALO
    )
    axes.set(xlim=(-0.9, right + 1.0), ylim=(-0.7, top + 0.95), aspect="equal")
    axes.set_title(title, fontsize=11, loc="left")
    axes.axis("off")
    return figure


def _arrows(axes: Axes, points, look: str) -> None:
    points = np.asarray(points, float)
    for start, end in itertools.pairwise(points):
        axes.annotate(
            "",
            end,
            start,
            arrowprops={
                "arrowstyle": "-|>",
                "color": look,
                "linewidth": 1.8,
                "shrinkA": 3,
                "shrinkB": 4,
            },
        )
    axes.plot(*points.T, color=look, linewidth=0)  # what tests and limits see


def _bracket(axes: Axes, start, end, depth, text: str) -> None:
    start, end, depth = map(np.asarray, (start, end, depth))
    corners = np.stack([start, start + depth, end + depth, end])
    axes.plot(*corners.T, color=INK, linewidth=1.2)
    middle = (start + end) / 2 + 1.4 * depth
    sideways = depth[0] > 0
    axes.text(
        middle[0],
        middle[1],
        text,
        fontsize=13,
        ha="left" if sideways else "center",
        va="center" if sideways else "bottom",
    )
