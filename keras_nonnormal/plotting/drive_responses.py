"""How shapes and controllers of an ANRU follow a drive."""

from collections.abc import Iterable, Mapping
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from keras_nonnormal.activations import gamma_slopes
from keras_nonnormal.plotting._style import DASHES, INK, colour, dress, new_figure

SHADE = "#EFEFEF"
MARKS = {"o": "first step with the drive", "s": "last step with it"}


def shape_signals(
    gains: Mapping[float, np.ndarray],
    saturations: Mapping[float, np.ndarray],
    *,
    drive: tuple[int, int] | None = None,
    title: str = "",
) -> Figure:
    """Draws the mean gain and saturation of an ANRU over time, for drives of some size.

    Args:
        gains: For each size of the drive, an array `(time,)`, the mean over neurons.
        saturations: The same of saturations.
        drive: The first and the last step that the drive is on, from 0; shaded.
        title: Title of the figure.

    Returns:
        A `matplotlib.figure.Figure` with two panels.

    Reference:

    - [Geadah et al., 2020](https://arxiv.org/abs/2006.12253)
    """
    figure = new_figure(10.4, 4.0)
    panels = figure.subplots(1, 2)
    sizes = DriveColours([*gains, *saturations])
    for axes, signals, what in zip(
        panels, (gains, saturations), ("mean gain n", "mean saturation s"), strict=True
    ):
        if drive is not None:
            axes.axvspan(drive[0] - 0.5, drive[1] + 0.5, color=SHADE, zorder=0)
        for size, values in signals.items():
            axes.plot(values, color=sizes.of(size), linewidth=1.8)
        axes.margins(x=0)
        axes.set(xlabel="step t", ylabel=what)
        dress(axes, title if axes is panels[0] else "")
    sizes.explain(figure, panels)
    return figure


def linearisation(
    paths: Mapping[float, np.ndarray],
    *,
    inputs: Iterable[float] = (-0.5, 0.0, 0.5, 1.0),
    drive: tuple[int, int] | None = None,
    title: str = "",
) -> Figure:
    r"""Draws the way of an ANRU's mean shape under a drive among lines of unit slope.

    Args:
        paths: For each size of the drive, an array `(time, 2)` of gains and
            saturations.
        inputs: Pre-activations $x$; for each there is the line of the shapes whose
            slope $\partial \gamma / \partial x$ is 1 there.
        drive: The first and the last step that the drive is on, from 0: a circle and
            a square mark the path there. Or None.
        title: Title of the figure.

    Returns:
        A `matplotlib.figure.Figure`.
    """
    figure = new_figure(6.8, 4.8)
    axes = figure.add_subplot()
    sizes = DriveColours(paths)
    for size, path in paths.items():
        look = {"color": sizes.of(size), "zorder": 3}
        path = np.asarray(path)
        axes.plot(*path.T, **look, linewidth=1)
        _mark_drive(axes, path, drive, look)
    axes.margins(0.12)
    axes.autoscale_view()
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    n, s = np.linspace(left, right, 240), np.linspace(bottom, top, 241)
    n = n[n != 0]  # a pole
    handles = _drive_marks(drive)
    for number, x in enumerate(inputs):
        slopes = gamma_slopes(np.float64(x), n, s[:, None])
        if not slopes.min() < 1 < slopes.max():
            continue
        look = {"linestyle": DASHES[number % len(DASHES)], "color": INK}
        unit: Any = axes.contour(n, s, slopes, [1.0], colors=[INK], linewidths=1.2)
        unit.set_linestyle(look["linestyle"])
        label = f"slope 1 at x = {x:g}".replace("-", "−")
        handles.append(Line2D([], [], **look, linewidth=1.2, label=label))
    axes.set(xlabel="mean gain n", ylabel="mean saturation s")
    dress(axes, title, grid=None)
    if handles:
        axes.legend(handles=handles, frameon=False, fontsize=8, loc="best")
    sizes.explain(figure, axes)
    return figure


def controller_states(
    states: Mapping[float, np.ndarray],
    *,
    drive: tuple[int, int] | None = None,
    title: str = "",
) -> Figure:
    """Draws the state of an ANRU's controller in its two principal components.

    Args:
        states: For each size of the drive, an array `(time, controller_units)`. The
            components are those of all of them together.
        drive: The first and the last step that the drive is on, from 0: a circle and
            a square mark the path there. Or None.
        title: Title of the figure.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ValueError: If the controller has a single unit.
    """
    figure = new_figure(6.6, 4.6)
    axes = figure.add_subplot()
    sizes = DriveColours(states)
    together = np.concatenate([np.asarray(each) for each in states.values()])
    if together.ndim != 2 or together.shape[1] < 2:
        raise ValueError(
            "`states` must have shape (time, controller_units) with at least 2 units. "
            f"Received: shape {together.shape} of all"
        )
    mean = together.mean(axis=0)
    _, scales, axes_of_states = np.linalg.svd(together - mean, full_matrices=False)
    shares = scales**2 / max((scales**2).sum(), np.finfo(float).tiny)
    for size, values in states.items():
        path = (np.asarray(values) - mean) @ axes_of_states[:2].T
        look = {"color": sizes.of(size), "zorder": 3}
        axes.plot(*path.T, **look, linewidth=1)
        _mark_drive(axes, path, drive, look)
    axes.set_xlabel(f"first component, {shares[0]:.0%} of the variance")
    axes.set_ylabel(f"second component, {shares[1]:.0%}")
    dress(axes, title, grid="both")
    if drive is not None:
        axes.legend(handles=_drive_marks(drive), frameon=False, fontsize=9, loc="best")
    sizes.explain(figure, axes)
    return figure


def _mark_drive(axes: Axes, path: np.ndarray, drive, look: dict) -> None:
    for mark, step in zip(MARKS, drive or (), strict=False):
        axes.plot(*path[step], mark, **look, mec="white", ms=7)


def _drive_marks(drive) -> list[Line2D]:
    """Legend entries of the marks."""
    look: dict = {"color": INK, "linestyle": "none", "mec": "white", "ms": 7}
    return [
        Line2D([], [], marker=mark, label=text, **look)
        for mark, text in MARKS.items()
        if drive is not None
    ]


class DriveColours:
    """Colours that grow darker with the size of the drive."""

    def __init__(self, sizes: Iterable[float]):
        self.sizes = sorted({float(size) for size in sizes})
        places = np.linspace(0.08, 1, max(2, len(self.sizes)))
        self.shades = matplotlib.colormaps["viridis_r"](places)[: len(self.sizes)]

    def of(self, size: float) -> Any:
        """The colour of one size."""
        if len(self.sizes) == 1:
            return colour(0)
        return tuple(self.shades[self.sizes.index(float(size))])

    def explain(self, figure: Figure, axes: Axes | Any) -> None:
        """A bar beside the panels with a field for each size."""
        if len(self.sizes) < 2:
            return
        edges = np.arange(len(self.sizes) + 1) - 0.5
        norm = BoundaryNorm(edges, len(self.sizes))
        scale = ScalarMappable(norm, ListedColormap(list(self.shades)))
        names = [f"{size:g}" for size in self.sizes]
        where = axes if isinstance(axes, Axes) else list(axes)
        bar = figure.colorbar(
            scale, ax=where, pad=0.02, ticks=range(len(names)), label="drive ξ"
        )
        bar.ax.set_yticklabels(names)
        bar.ax.tick_params(colors=INK, length=0, which="both")
        bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
