from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from keras_nonnormal.plotting._style import INK, colour, dress, new_figure
from keras_nonnormal.plotting.drive_responses import SHADE, DriveColours


def fractional_order(
    responses: Mapping[float, np.ndarray],
    alphas,
    scores: Mapping[float, np.ndarray],
    *,
    total: float | None = None,
    neurons: Mapping[str, np.ndarray] | None = None,
    drive: tuple[int, int] | None = None,
    title: str = "",
    bins: int = 24,
) -> Figure:
    r"""Draws responses to drives and of which fractional order of integration they are.

    The panels: the responses; how far the derivative of order $\alpha$ of each is from
    the drive; the order with the least distance by the size of the drive; and the
    orders of single neurons.

    Args:
        responses: For each size of the drive, an array `(time,)`, the mean of the
            population.
        alphas: Array `(orders,)` of the orders $\alpha$ that were tried.
        scores: For each size, an array `(orders,)` of mean squared distances.
        total: The order with the least sum of these, drawn as a line; or None.
        neurons: For each network (interacting, isolated) an array of the orders of
            its neurons; or None for no such panel.
        drive: The first and the last step that the drive is on, from 0; shaded.
        title: Title of the figure.
        bins: Bars of the histogram.

    Returns:
        A `matplotlib.figure.Figure` with three or four panels.
    """
    figure = new_figure(10.4, 7.2)
    panels = figure.subplots(2, 2).ravel()
    answers, curves, orders, density = panels
    sizes = DriveColours(responses)
    alphas = np.asarray(alphas)
    if drive is not None:
        answers.axvspan(drive[0] - 0.5, drive[1] + 0.5, color=SHADE, zorder=0)
    for size, values in responses.items():
        answers.plot(values, color=sizes.of(size), linewidth=1.6)
    answers.margins(x=0)
    answers.set(xlabel="step t", ylabel="mean state h")
    dress(answers, title or "responses")
    for size, values in scores.items():
        curves.plot(alphas, values, color=sizes.of(size), linewidth=1.6)
        best = int(np.argmin(values))
        curves.plot(alphas[best], values[best], "o", color=sizes.of(size), ms=5)
        orders.plot(size, alphas[best], "o", color=sizes.of(size), ms=7)
    curves.set(xlabel="order α", ylabel="mean squared distance")
    if all(np.min(values) > 0 for values in scores.values()):
        curves.set_yscale("log")
    dress(curves, "distance from the drive")
    orders.set(xlabel="drive ξ", ylabel="order α*")
    orders.set_ylim(min(alphas[0], 0) - 0.04, max(alphas[-1], 1) + 0.04)
    dress(orders, "best order")
    if total is not None:
        look = {"color": INK, "linewidth": 1.4, "linestyle": (0, (5, 3))}
        orders.axhline(total, **look, label=f"all drives: {total:.3f}")
        orders.legend(frameon=False, loc="best")
    sizes.explain(figure, [answers, curves])
    if not neurons:
        density.remove()
        return figure
    together = np.concatenate([np.ravel(each) for each in neurons.values()])
    edges = np.histogram_bin_edges(together, bins)
    for number, (name, values) in enumerate(neurons.items()):
        shares, _ = np.histogram(values, edges, density=True)
        look = {"color": colour(number)}
        text = f"{name}: mean {np.mean(values):.3f}".replace("-", "−")
        density.stairs(shares, edges, **look, linewidth=2, label=text)
        density.stairs(shares, edges, **look, alpha=0.2, fill=True)
    density.set(xlabel="order α* of a neuron", ylabel="density")
    dress(density, "single neurons, largest drive")
    density.legend(frameon=False, loc="best")
    return figure
