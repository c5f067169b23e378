from collections.abc import Mapping
from typing import Any

import matplotlib
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from keras_nonnormal.plotting._style import INK, colour, dress, new_figure


def learned_stair(
    trained,
    *,
    start=None,
    epochs: Mapping[float, Any] | None = None,
    title: str = "",
    index: str = "epoch",
) -> Figure:
    r"""Draws the learned factors $\alpha_j$ of a stair against the time step.

    Args:
        trained: Array `(time,)`, the factors of the trained network.
        start: Array `(time,)`, the factors that training began with, or None.
        epochs: Arrays `(time,)` by the epoch after which they were noted, drawn as thin
            lines whose colour tells the epoch; or None.
        title: Title of the figure.
        index: What `epochs` counts.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ValueError: If an array has another shape than `trained`.
    """
    trained = _checked("trained", trained, None)
    figure = new_figure(7.0, 4.0)
    axes = figure.add_subplot()
    steps = np.arange(len(trained))
    if epochs:
        scale: Any = _scale(epochs)
        for epoch, values in epochs.items():
            values = _checked(f"epochs[{epoch}]", values, trained.shape)
            axes.plot(steps, values, color=scale.to_rgba(epoch), linewidth=1, zorder=2)
        bar = figure.colorbar(scale, ax=axes, pad=0.02, label=index)
        bar.ax.yaxis.set_major_locator(MaxNLocator(integer=True))
        bar.ax.tick_params(colors=INK)
        bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
    if start is not None:
        start = _checked("start", start, trained.shape)
        look = {"color": INK, "linewidth": 1.6, "linestyle": (0, (5, 3))}
        axes.plot(steps, start, **look, label="start", zorder=3)
    axes.plot(steps, trained, color=colour(1), linewidth=1.6, label="trained", zorder=4)
    axes.margins(x=0)
    axes.set(xlabel="step j", ylabel=r"$\alpha_j$")
    dress(axes, title)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def _scale(epochs) -> ScalarMappable:
    """Colours of epochs, without the palest, which a white page swallows."""
    shades = ListedColormap(matplotlib.colormaps["viridis_r"](np.linspace(0.1, 1, 256)))
    return ScalarMappable(Normalize(min(epochs), max(epochs)), shades)


def _checked(name, values, shape) -> np.ndarray:
    values = np.asarray(values, np.float64)
    if values.ndim != 1 or shape not in (None, values.shape):
        expected = "(time,)" if shape is None else shape
        raise ValueError(
            f"`{name}` must have shape {expected}. Received: shape {values.shape}"
        )
    return values
