from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch

from keras_nonnormal.plotting._style import COLOURS, INK, colour, dress, new_figure

SHOWN = 20  # units of a matrix that are drawn: more would be a line without width
SKETCHED = 5  # those that are drawn as a network


def network_memory(
    matrices: Mapping[str, np.ndarray],
    memories: Mapping[str, np.ndarray],
    norms: Mapping[str, np.ndarray],
) -> Figure:
    """Draws linear networks, what they remember, and how large an input becomes.

    Args:
        matrices: For each network, by its name, its matrix `(units, units)` in column
            form, of which the first 20 units are drawn.
        memories: Their Fisher memory curves, as `fisher_memory_curve` gives. The legend
            has the sums.
        norms: How large an input is after k steps, as `signal_norms` gives.

    Returns:
        A `matplotlib.figure.Figure` with a panel for each network, and two below.

    Reference:

    - [Orhan and Pitkow, 2020, figure 1](https://arxiv.org/abs/1905.13715)
    """
    figure = new_figure(9.0, 6.6)
    grid = figure.add_gridspec(3, 1, height_ratios=(0.42, 1, 1.35))
    columns = len(matrices)
    sketches = grid[0].subgridspec(1, columns).subplots(squeeze=False)[0]
    maps = grid[1].subgridspec(1, columns).subplots(squeeze=False)[0]
    below: Any = grid[2].subgridspec(1, 2).subplots()
    for sketch, axes, (name, matrix) in zip(
        sketches, maps, matrices.items(), strict=True
    ):
        _sketch(sketch, np.asarray(matrix)[:SKETCHED, :SKETCHED])
        sketch.set_title(name, fontsize=11, loc="left")
        image = axes.imshow(
            np.asarray(matrix)[:SHOWN, :SHOWN], cmap="RdBu_r", vmin=-1.05, vmax=1.05
        )
        dress(axes, grid=None)
        axes.spines[["top", "right"]].set_visible(True)
        axes.spines[:].set_color(INK)
        axes.set(xticks=[], yticks=[], xlabel="from unit", ylabel="to unit")
    bar = figure.colorbar(image, ax=maps, shrink=0.8, pad=0.02, ticks=(-1, 0, 1))
    bar.set_label("weight", color=INK)
    bar.outline.set_visible(False)
    for axes, curves, title, label in (
        (below[0], memories, "memory of a pulse", "Fisher memory J(k)"),
        (below[1], norms, "size of a pulse", r"norm $\|W^k v\|$"),
    ):
        for number, (name, values) in enumerate(curves.items()):
            # What is forgotten altogether has no place on a logarithmic axis.
            shown = np.where(values > 0, values, np.nan)
            # A line that hides another one is thinner than that.
            width = 4.5 if number == 0 else 1.8
            text = rf"{name}: $J_\mathrm{{tot}}$ = {memories[name].sum():.2f}"
            axes.plot(shown, color=colour(number), linewidth=width, label=text)
        dress(axes, title)
        axes.set_yscale("log")
        axes.margins(x=0)
        axes.set(xlabel="steps k", ylabel=label)
    below[0].set_ylim(1e-3, 1.5)
    below[1].set_ylim(1e-2, None)
    below[0].legend(frameon=False, fontsize=9, loc="upper right")
    return figure


def _sketch(axes: Axes, matrix: np.ndarray) -> None:
    """Units in a line, forward weights above them and backward weights below."""
    strongest = np.abs(matrix).max() or 1.0
    for target, source in np.argwhere(np.abs(matrix) > 0.02 * strongest):
        weight = matrix[target, source]
        # Faint ones would be lost at their true width.
        width = 0.5 + 1.3 * abs(weight) / strongest
        look = {"color": COLOURS[1 if weight > 0 else 0], "linewidth": width}
        if target == source:
            axes.add_patch(Circle((source, 0.3), 0.2, fill=False, **look))
            continue
        arrow = FancyArrowPatch(
            (source, 0.0),
            (target, 0.0),
            connectionstyle="arc3,rad=-0.45",
            arrowstyle="-|>",
            mutation_scale=float(5 + 3 * width),
            shrinkA=5,
            shrinkB=5,
            **look,
        )
        axes.add_patch(arrow)
    axes.plot(np.arange(len(matrix)), np.zeros(len(matrix)), "o", color=INK, ms=6)
    axes.set(xlim=(-0.6, len(matrix) - 0.4), ylim=(-0.75, 0.75), aspect="equal")
    axes.axis("off")
