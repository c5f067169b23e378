from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from keras_nonnormal.plotting._style import INK, colour, dress, new_figure


def gain_scaling(
    levels,
    gains,
    saturations,
    *,
    gain_fit: Sequence[float] | None = None,
    saturation_fit: Sequence[float] | None = None,
    label: str = "noise level ξ",
    title: str = "",
) -> Figure:
    r"""Draws gains and saturations against the level of noise or drive, with fits.

    Args:
        levels: Array `(count,)` of positive levels $\xi$.
        gains: Array `(count,)`, or `(count, repeats)` for error bars of a standard
            deviation.
        saturations: The same of saturations.
        gain_fit: The numbers $(a, b, c)$ of $n = a \xi^{-b} + c$, or None.
        saturation_fit: Those of $s = a e^{-b \xi} + c$, or None.
        label: What the levels are.
        title: Title of the figure.

    Returns:
        A `matplotlib.figure.Figure` with two panels.
    """
    figure = new_figure(9.6, 4.0)
    left, right = figure.subplots(1, 2)
    levels = np.asarray(levels, np.float64)
    x = np.geomspace(levels.min(), levels.max(), 300)
    _points(left, levels, gains, 0)
    _points(right, levels, saturations, 1)
    if gain_fit is not None:
        a, b, c = gain_fit
        text = f"{_number(a)} ξ^({_number(-b)}) {_signed(c)}"
        left.plot(x, a * x ** (-b) + c, color=INK, linewidth=1.6, label=text)
    if saturation_fit is not None:
        a, b, c = saturation_fit
        text = f"{_number(a)} exp({_number(-b)} ξ) {_signed(c)}"
        right.plot(x, a * np.exp(-b * x) + c, color=INK, linewidth=1.6, label=text)
    for axes, what in ((left, "mean gain n"), (right, "mean saturation s")):
        axes.set(xlabel=label, ylabel=what)
        dress(axes, title if axes is left else "")
        if axes.get_legend_handles_labels()[0]:
            axes.legend(frameon=False, loc="best")
    return figure


def _points(axes: Axes, levels: np.ndarray, values, number: int) -> None:
    values = np.asarray(values, np.float64).reshape(levels.size, -1)
    spread = values.std(axis=1) if values.shape[1] > 1 else None
    look = {"color": colour(number), "fmt": "o", "markersize": 5.5, "capsize": 2}
    axes.errorbar(levels, values.mean(axis=1), spread, **look, zorder=3)


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


def _signed(value: float) -> str:
    return f"{'−' if value < 0 else '+'} {abs(value):.3g}"
