from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

# Okabe and Ito's palette, told apart also by colour-blind readers.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
INK = "#444444"
GRID = "#E4E4E4"
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
HATCHES = (None, "///", "...", "xxx")
DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5)))
HALO = (withStroke(linewidth=3, foreground="white"),)


def new_figure(width: float = 6.0, height: float = 3.8) -> Figure:
    """An empty figure that belongs to no window; sizes in inches."""
    return Figure(figsize=(width, height), dpi=200, layout="constrained")


def colour(number: int) -> str:
    """The colour of the line with this number; they repeat after seven."""
    return COLOURS[number % len(COLOURS)]


def look(number: int) -> dict:
    """The colour and dashes of the line with this number; they repeat after 28."""
    return {"color": colour(number), "linestyle": DASHES[_round(number) % len(DASHES)]}


def marker(number: int) -> str:
    """The marker of the line with this number; with its colour it repeats after 49."""
    return MARKERS[_round(number) % len(MARKERS)]


def hatch(number: int) -> str | None:
    """The hatch of the bars with this number; with their colour it repeats after 28."""
    return HATCHES[_round(number) % len(HATCHES)]


def _round(number: int) -> int:
    """How often the colours have come before this number."""
    return number // len(COLOURS)


def mark_above(axes: Axes, counts, values, **looks) -> bool:
    """Marks where a curve lies above the frame by triangles at its upper edge.

    Each stretch above has one triangle, at its highest value.

    Args:
        axes: Axes with their final limits.
        counts: Array `(points,)`, places on the horizontal axis.
        values: Array `(points,)`.
        **looks: Colour of the triangles.

    Returns:
        Whether all of the curve is above.
    """
    counts, values = np.asarray(counts), np.asarray(values, np.float64)
    above = values > axes.get_ylim()[1]
    edges = np.flatnonzero(np.diff(above.astype(int), prepend=0, append=0))
    for first, end in edges.reshape(-1, 2):
        axes.plot(
            counts[first + np.argmax(values[first:end])],
            0.985,
            marker="^",
            markersize=6,
            transform=axes.get_xaxis_transform(),
            **looks,
            zorder=5,
        )
    return bool(above.size and above.all())


def draw_levels(axes: Axes, trivial: float | None, success: float | None) -> None:
    """Draws the losses that curves are measured by, each with its name.

    Args:
        axes: Where.
        trivial: Loss of a network that remembers nothing, dashed; None for none.
        success: Loss below which a run is a success, dotted; None for none.
    """
    for level, name, dashes in (
        (trivial, "trivial level: nothing remembered", (0, (5, 3))),
        (success, "half of it: success", (0, (1, 2))),
    ):
        if level is not None:
            axes.axhline(level, color=INK, linewidth=1.2, linestyle=dashes, zorder=2)
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
                zorder=4,
            )


def dress(axes: Axes, title: str = "", grid: str | None = "y") -> None:
    """Gives axes the looks that all figures share."""
    axes.set_title(title, fontsize=11, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(INK)
    axes.tick_params(colors=INK, which="both")
    axes.set_axisbelow(True)
    if grid in ("x", "y", "both"):
        axes.grid(axis=grid, color=GRID, linewidth=0.8)


def legend_inside(figure: Figure, axes: Axes) -> None:
    """A legend where the curves leave room; below the axes if there are many."""
    names = axes.get_legend_handles_labels()[1]
    if len(names) > len(COLOURS):
        legend_below(figure, [axes])
    elif names:
        axes.legend(frameon=False, loc="best")


def legend_below(
    figure: Figure, panels: Iterable[Axes], names: Iterable[str] | None = None
) -> None:
    """One legend for all panels, below them; `names` are all or say the order.

    It has at most four columns, fewer where the names are too long for the figure.
    """
    found = {
        name: handle
        for axes in panels
        for handle, name in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    shown = [name for name in (names or found) if name in found]
    if shown:
        width = 0.7 + 0.09 * max(map(len, shown))  # of an entry, in inches
        columns = min(4, max(1, int(figure.get_figwidth() / width)))
        figure.legend(
            [found[name] for name in shown],
            shown,
            loc="outside lower center",
            ncols=columns,
            frameon=False,
        )
