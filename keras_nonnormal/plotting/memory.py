from collections.abc import Iterable, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from keras_nonnormal.analysis import TransientStatistics
from keras_nonnormal.plotting._style import DASHES, INK, colour, dress, new_figure

# The axes of the published figure.
MAGNITUDES = (2.3e-5, 2.3e2)
MEMORIES = (5e-3, 1.0)


def transient_curves(
    statistics: Mapping[tuple[float, float], TransientStatistics], *, steps: int = 125
) -> Figure:
    """Draws the sizes of units and of states against time for several delay lines.

    A band is one standard deviation: over units on the left, over the ensemble on the
    right. If its lower half reaches down to 0, which a logarithmic axis cannot show,
    only the upper half is drawn.

    Args:
        statistics: For each pair of alpha and beta of `delay_line`, what
            `transient_statistics` gives. The colour tells beta, the dashes alpha.
        steps: How many steps to show.

    Returns:
        A `matplotlib.figure.Figure` with two panels.

    Reference:

    - [Kerg et al., 2019, figure 1](https://arxiv.org/abs/1905.12080)
    """
    figure = new_figure(9.0, 3.8)
    units, norms = figure.subplots(1, 2, sharey=True)
    looks = _Looks(statistics)
    for (alpha, beta), moments in statistics.items():
        look = looks.of(alpha, beta)
        _band(units, moments.unit_std, moments.unit_std_spread, look)
        _band(norms, moments.norm, moments.norm_spread, look)
    for axes, title, label in (
        (units, "a unit over the ensemble", "standard deviation of a unit"),
        (norms, "the state", "norm of the state"),
    ):
        dress(axes, title)
        axes.set(xlabel="step k", ylabel=label, xlim=(0, steps))
        axes.set_yscale("log")
        axes.set_ylim(MAGNITUDES)
        axes.tick_params(labelleft=True)
    looks.explain(figure)
    return figure


def fisher_curves(
    curves: Mapping[tuple[float, float, float], np.ndarray],
) -> Figure:
    """Draws Fisher memory curves of several delay lines, a panel for each diagonal d.

    The legends give J_tot, the sum of a curve.

    Args:
        curves: For each alpha, beta and d of `delay_line`, the array that
            `fisher_memory_curve` gives. The colour tells beta, the dashes alpha.

    Returns:
        A `matplotlib.figure.Figure` with a panel per d.

    Reference:

    - [Kerg et al., 2019, figure 1](https://arxiv.org/abs/1905.12080)
    """
    diagonals = sorted({d for _, _, d in curves})
    figure = new_figure(4.5 * max(1, len(diagonals)), 3.8)
    looks = _Looks((alpha, beta) for alpha, beta, _ in curves)
    panels = figure.subplots(1, max(1, len(diagonals)), sharey=True, squeeze=False)[0]
    for axes, diagonal in zip(panels, diagonals, strict=False):
        for (alpha, beta, d), curve in curves.items():
            if d != diagonal:
                continue
            look = looks.of(alpha, beta)
            look["label"] += rf":  $J_\mathrm{{tot}}$ = {curve.sum():.2f}"
            # A line that hides another one is thinner than that.
            look["linewidth"] = 3.4 if beta == looks.betas[0] else 1.6
            # What is forgotten altogether has no place on a logarithmic axis.
            axes.plot(np.where(curve > 0, curve, np.nan), **look)
        dress(axes, f"d = {diagonal:g}")
        axes.set(xlabel="steps back k", ylabel="Fisher memory J(k)")
        axes.set_yscale("log")
        axes.set_ylim(MEMORIES)
        axes.set_xlim(0, max(len(curve) for curve in curves.values()) - 1)
        axes.tick_params(labelleft=True)
        axes.legend(frameon=False, fontsize=8, handlelength=3, loc="best")
    return figure


class _Looks:
    """Colours for beta, dashes for alpha."""

    def __init__(self, pairs: Iterable[tuple[float, float]]):
        alphas, betas = zip(*pairs, strict=True)
        self.alphas, self.betas = sorted({*alphas}), sorted({*betas})

    def of(self, alpha: float, beta: float) -> dict:
        dashes = DASHES[self.alphas.index(alpha) % len(DASHES)]
        shade = colour(self.betas.index(beta))
        label = f"α = {alpha:g}, β = {beta:g}"
        return {"color": shade, "linestyle": dashes, "linewidth": 2, "label": label}

    def explain(self, figure: Figure) -> None:
        """Names dashes and colours once, below all panels."""
        handles = []
        for alpha in self.alphas:
            look = {**self.of(alpha, self.betas[0]), "color": INK}
            handles.append(Line2D([], [], **{**look, "label": f"α = {alpha:g}"}))
        for beta in self.betas:
            look = {**self.of(self.alphas[0], beta), "linestyle": "-", "linewidth": 5}
            handles.append(Line2D([], [], **{**look, "label": f"β = {beta:g}"}))
        figure.legend(
            handles=handles,
            loc="outside lower center",
            ncols=len(handles),
            frameon=False,
            handlelength=2.6,
        )


def _band(axes: Axes, mean: np.ndarray, spread: np.ndarray, look: dict) -> None:
    steps = np.arange(len(mean))
    shown = np.where(mean > 0, mean, np.nan)
    low = shown if (shown <= spread).any() else shown - spread
    axes.fill_between(
        steps, low, shown + spread, color=look["color"], alpha=0.13, linewidth=0
    )
    axes.plot(steps, shown, **look)
