from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from keras_nonnormal.analysis import contracting_interval, exp_alpha_response
from keras_nonnormal.plotting._style import HALO, INK, colour, dress, new_figure

SHADE = "#E3EEF6"
REACH = (-0.8, 4.0)
PEAK = 2.0  # where (u - 1) exp(-u), the slope less 1, has none itself


def exp_alpha_curves(
    alphas: Sequence[float], *, span: tuple[float, float] = (-3.0, 3.0)
) -> Figure:
    r"""Draws exp-alpha of the identity and its slope, and where it contracts.

    The slope is a function of $\alpha z$ alone, so that it is one curve for all alpha.
    Where it is between -1 and 1 it is shaded, and the curves of the values are thick.

    Args:
        alphas: Positive heights $\alpha$, a curve each.
        span: From which pre-activation to which.

    Returns:
        A `matplotlib.figure.Figure` with two panels.

    Raises:
        ValueError: If a height is not positive.
    """
    if not all(alpha > 0 for alpha in alphas):
        raise ValueError(f"`alphas` must be positive. Received: {tuple(alphas)}")
    low, high = contracting_interval()
    figure = new_figure(9.6, 4.2)
    values, slopes = figure.subplots(1, 2)
    for number, alpha in enumerate(alphas):
        z = np.linspace(*span, 601)
        values.plot(z, exp_alpha_response(z, alpha)[0], color=colour(number), lw=1)
        inside = np.linspace(max(low / alpha, span[0]), min(high / alpha, span[1]), 300)
        y, _ = exp_alpha_response(inside, alpha)
        label = f"α = {alpha:g}"
        look = {"color": colour(number), "linewidth": 4, "label": label}
        values.plot(inside, y, **look, solid_capstyle="butt")
    dress(values, r"$y = (1 - e^{-\alpha z})\,z$, thick where it contracts")
    values.set(xlabel="pre-activation z", ylabel="y", xlim=span, ylim=(-0.7, 3))
    values.set_yticks(range(4))
    values.axhline(0, color=INK, linewidth=0.8, zorder=1)
    if len(alphas):
        values.legend(frameon=False, loc="lower center", ncols=4, handlelength=1.2)

    u = np.linspace(*REACH, 601)
    slopes.axvspan(low, high, color=SHADE, zorder=0)
    for level in (-1, 1):
        slopes.axhline(level, color=INK, linewidth=1.2, linestyle=(0, (5, 3)), zorder=1)
    slopes.plot(u, exp_alpha_response(u, 1.0)[1], color=INK, linewidth=2)
    dress(slopes, "its slope, the same for all α", grid=None)
    slopes.set(xlabel="α z", ylabel=r"$\partial y / \partial z$", xlim=REACH)
    slopes.set_ylim(-3, 1.6)
    peak = exp_alpha_response(PEAK, 1.0)[1]
    for place, level, text, offset, align in (
        (low, -1, f"α z = 1 − W(2e) = {low:.4f}", (9, -7), "left"),
        (high, 1, f"α z = {high:g}", (9, -7), "left"),
        (PEAK, peak, f"at α z = {PEAK:g}:  1 + e⁻² = {peak:.4f}", (0, 10), "center"),
    ):
        slopes.plot([place], [level], "o", color=INK, markersize=5)
        slopes.annotate(
            text.replace("-", "−"),
            (place, level),
            xytext=offset,
            textcoords="offset points",
            va="top" if offset[1] < 0 else "bottom",
            ha=align,
            color=INK,
            fontsize=9,
            path_effects=HALO,
        )
    middle = (low + high) / 2
    slopes.annotate("contracts", (middle, -2.9), ha="center", color=INK, fontsize=9)
    return figure
