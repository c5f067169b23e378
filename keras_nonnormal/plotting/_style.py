from collections.abc import Iterable

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

# Okabe and Ito's palette, told apart also by colour-blind readers.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
INK = "#444444"
GRID = "#E4E4E4"
DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5)))
HALO = (withStroke(linewidth=3, foreground="white"),)


def new_figure(width: float = 6.0, height: float = 3.8) -> Figure:
    """An empty figure that belongs to no window; sizes in inches."""
    return Figure(figsize=(width, height), dpi=200, layout="constrained")


def colour(number: int) -> str:
    """The colour of the line with this number; they repeat after seven."""
    return COLOURS[number % len(COLOURS)]


def dress(axes: Axes, title: str = "", grid: str | None = "y") -> None:
    """Gives axes the looks that all figures share."""
    axes.set_title(title, fontsize=11, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(INK)
    axes.tick_params(colors=INK, which="both")
    axes.set_axisbelow(True)
    if grid in ("x", "y", "both"):
        axes.grid(axis=grid, color=GRID, linewidth=0.8)


def legend_below(
    figure: Figure, panels: Iterable[Axes], names: Iterable[str] | None = None
) -> None:
    """One legend for all panels, below them; `names` are all or say the order."""
    found = {
        name: handle
        for axes in panels
        for handle, name in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    shown = [name for name in (names or found) if name in found]
    if shown:
        figure.legend(
            [found[name] for name in shown],
            shown,
            loc="outside lower center",
            ncols=4,
            frameon=False,
        )
