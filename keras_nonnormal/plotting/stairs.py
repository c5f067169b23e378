from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from keras_nonnormal.analysis import gradient_bounds, running_products
from keras_nonnormal.plotting._style import HALO, INK, colour, dress, new_figure

SMALLEST = float(np.finfo(np.float32).smallest_subnormal)
FLOOR = 1e-50
TOP = (1e-3, 1.5)


def stair_schedules(heights: Mapping[str, np.ndarray]) -> Figure:
    r"""Draws the factors of stairs over time, and their running products.

    Of the products the magnitude is drawn, down to what single precision can hold; the
    legend says of each what it is in the end.

    Args:
        heights: For each schedule, by the name it gets in the figure, an array
            `(time,)` of its factors $\rho_j$.

    Returns:
        A `matplotlib.figure.Figure` with two panels.
    """
    figure = new_figure(11.0, 4.2)
    factors, products = figure.subplots(1, 2)
    for number, (name, values) in enumerate(heights.items()):
        look = _look(number, name)
        steps = np.arange(1, len(values) + 1)
        product = running_products(values)
        factors.plot(steps, values, **look, label=name)
        label = f"{name}:  {_in_words(product[-1])}"
        products.plot(steps, _shown(np.abs(product)), **look, label=label)
    factors.axhline(0, color=INK, linewidth=0.8, zorder=1)
    for axes, title, what in (
        (factors, "factor of every step", r"$\rho_j$"),
        (products, "running product", r"$|\rho_0 \rho_1 \cdots\, \rho_j|$"),
    ):
        dress(axes, title)
        _count_on_a_logarithmic_axis(axes)
        axes.set(xlabel="step j + 1", ylabel=what)
    _down_to_single_precision(products, note_at=0.24)
    if heights:
        products.legend(
            title=f"product of all {max(map(len, heights.values()))} factors",
            loc="center left",
            bbox_to_anchor=(1.0, 0.5),
            frameon=False,
            alignment="left",
        )
    return figure


def stair_gradients(
    norms: Mapping[str, np.ndarray],
    heights: Mapping[str, np.ndarray],
    *,
    title: str = "",
) -> Figure:
    r"""Draws how much of the last state's gradient reaches each state before it.

    Beside each curve is the bound of an orthogonal network, the product of all later
    factors, as a dotted line. The panel on the right is the top of the one on the left,
    over the logarithm of time.

    Args:
        norms: For each schedule, by the name it gets in the figure, an array `(time,)`
            of norms that are 1 in the end.
        heights: By the same names, the factors of all steps, `(time,)`.
        title: Title of the figure.

    Returns:
        A `matplotlib.figure.Figure` with two panels.
    """
    figure = new_figure(10.0, 4.8)
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    whole, top = figure.subplots(1, 2)
    for number, (name, values) in enumerate(norms.items()):
        look = _look(number, name)
        steps = np.arange(1, len(values) + 1)
        bound = gradient_bounds(heights[name])
        for axes in (whole, top):
            axes.plot(steps, _shown(values), **look, label=name)
            axes.plot(
                steps, _shown(bound), color=look["color"], linestyle=":", zorder=2
            )
    for axes, part in ((whole, "the whole range"), (top, f"above {TOP[0]:g}")):
        dress(axes, part)
        axes.margins(x=0)
        axes.set(xlabel="step t", ylabel=r"$\|\partial L/\partial h_t\|$")
    _down_to_single_precision(whole, note_at=0.5)
    _count_on_a_logarithmic_axis(top)
    top.set_ylim(TOP)
    top.set_yscale("log")
    handles, labels = whole.get_legend_handles_labels()
    handles += whole.plot([], [], color=INK, linestyle=":")
    figure.legend(
        handles,
        [*labels, "product of all later factors"],
        loc="outside lower center",
        ncols=8,
        frameon=False,
        fontsize=9,
        handlelength=1.8,
        columnspacing=1.2,
    )
    return figure


def _look(number: int, name: str) -> dict:
    if name == "none":
        return {"color": "#000000", "linestyle": (0, (4, 2)), "linewidth": 1.6}
    return {"color": colour(number), "linewidth": 2}


def _shown(values: np.ndarray) -> np.ndarray:
    """Zeros have no place on a logarithmic axis."""
    return np.where(values > 0, values, np.nan)


def _in_words(product: float) -> str:
    if product == 0:
        return f"below {np.finfo(float).tiny:.1g}"
    size = f"{abs(product):.3g}"
    return f"−{size} (negative)" if product < 0 else size


def _count_on_a_logarithmic_axis(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.margins(x=0)
    axes.xaxis.set_major_formatter("{x:g}")


def _down_to_single_precision(axes: Axes, note_at: float) -> None:
    lows = [np.nanmin(line.get_ydata(), initial=1.0) for line in axes.get_lines()]
    low = min(lows, default=1.0)
    axes.set_ylim(max(low / 10, FLOOR), 10.0)
    axes.set_yscale("log")
    if low > SMALLEST:
        return
    axes.axhline(SMALLEST, color=INK, linewidth=1.2, linestyle=(0, (1, 2)), zorder=1)
    axes.annotate(
        "smallest number of float32",
        (note_at, SMALLEST),
        xycoords=("axes fraction", "data"),
        xytext=(0, -4),
        textcoords="offset points",
        va="top",
        ha="center",
        color=INK,
        fontsize=9,
        path_effects=HALO,
    )
