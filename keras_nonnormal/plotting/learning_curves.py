from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

# Okabe and Ito's palette, told apart also by colour-blind readers.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
INK = "#444444"


def learning_curves(
    histories: Mapping[str, Sequence[Mapping[str, float]]],
    *,
    trivial_loss: float | None = None,
    success_loss: float | None = None,
    title: str = "",
    metric: str = "val_loss",
    label: str = "validation loss",
) -> Figure:
    """Draws a metric per epoch for several runs, with the levels it is measured by.

    Args:
        histories: For each run, by the name it gets in the figure, a mapping of
            metrics per epoch; as `TrainingResult.history` or `read_metrics` gives.
        trivial_loss: Where to draw the dashed level of a network that remembers
            nothing, or None.
        success_loss: Where to draw the dotted level below which a run is a success,
            or None.
        title: Title of the figure.
        metric: The metric to draw. Epochs without it are left out.
        label: What the vertical axis says.

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
    figure = Figure(figsize=(6.0, 3.8), dpi=200, layout="constrained")
    axes = figure.add_subplot()
    levels = [level for level in (trivial_loss, success_loss) if level is not None]
    top = 1.3 * max(levels, default=0.0)
    for number, (name, history) in enumerate(histories.items()):
        points = [(row["epoch"], row[metric]) for row in history if metric in row]
        epochs, values = zip(*points, strict=True) if points else ((), ())
        axes.plot(
            epochs,
            values,
            label=name,
            color=COLOURS[number % len(COLOURS)],
            linewidth=2,
            marker="o" if len(points) <= 30 else None,
            markersize=4.5,
            zorder=3,
        )
        # A spike or a bad first epoch must not flatten what the figure is about.
        top = max(top, min(max(values, default=0.0), 2 * max(levels, default=1e9)))
    for level, name, dashes in (
        (trivial_loss, "trivial level: nothing remembered", (0, (5, 3))),
        (success_loss, "half of it: success", (0, (1, 2))),
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
                path_effects=[withStroke(linewidth=3, foreground="white")],
                zorder=4,
            )
    axes.set_xlabel("epoch")
    axes.set_ylabel(label)
    axes.set_title(title, fontsize=11, loc="left")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if top > 0:
        axes.set_ylim(0, 1.05 * top)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(INK)
    axes.tick_params(colors=INK)
    axes.grid(axis="y", color="#E4E4E4", linewidth=0.8)
    axes.set_axisbelow(True)
    if histories:
        axes.legend(frameon=False, loc="best")
    return figure
