from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from keras_nonnormal.plotting._style import INK, new_figure

BLUE, ORANGE = "#0072B2", "#D55E00"


@dataclass(frozen=True)
class OutputGradients:
    """Outputs of a network over time, and their gradients by its inputs.

    Args:
        outputs: Array `(samples, time)`.
        gradients: Array `(samples, time)`, of the sum of the outputs by each input.
        reference: Array `(time,)`, what the gradients should be like, or None.
    """

    outputs: np.ndarray
    gradients: np.ndarray
    reference: np.ndarray | None = None


def output_gradients(
    rows: Mapping[str, Mapping[float, OutputGradients]], *, title: str = ""
) -> Figure:
    r"""Draws outputs and the size of the gradients by each input, a panel for each ρ.

    Outputs are in blue and belong to the axis on the left, gradients in orange and to
    the one on the right; the dashed line is the reference.

    Args:
        rows: For each row, by its name, `OutputGradients` for each column, by its
            $\rho$.
        title: Title of the figure.

    Returns:
        A `matplotlib.figure.Figure` of as many panels.

    Reference:
        - [Herranz-Celotti and Rouat, 2023](https://arxiv.org/abs/2308.12075), figure 1c
    """
    rhos = list(dict.fromkeys(rho for columns in rows.values() for rho in columns))
    shape = max(len(rows), 1), max(len(rhos), 1)
    figure = new_figure(1.0 + 3.0 * shape[1], 0.8 + 2.3 * shape[0])
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    panels = figure.subplots(*shape, squeeze=False)
    for place, (name, columns) in enumerate(rows.items()):
        for axes, rho in zip(panels[place], rhos, strict=True):
            if rho not in columns:
                axes.remove()
                continue
            right = axes.twinx()
            shown = columns[rho]
            for each, values, look in (
                (axes, np.asarray(shown.outputs), BLUE),
                (right, np.abs(shown.gradients), ORANGE),
            ):
                for number, line in enumerate(values):
                    share = 0.35 + 0.65 * number / max(len(values) - 1, 1)
                    each.plot(line, color=look, alpha=share, linewidth=1.1)
                each.tick_params(axis="y", colors=look, labelsize=8)
                each.ticklabel_format(axis="y", scilimits=(-2, 3))
            if shown.reference is not None:
                look = {"color": INK, "linewidth": 1.6, "linestyle": (0, (4, 2))}
                right.plot(np.abs(shown.reference), **look)
            right.set_ylim(bottom=0)
            axes.margins(x=0)
            axes.spines["top"].set_visible(False)
            right.spines["top"].set_visible(False)
            if place == 0:
                axes.set_title(f"ρ = {rho:g}", fontsize=11)
            if place == len(rows) - 1:
                axes.set_xlabel("step t")
            if rho == rhos[0]:
                axes.set_ylabel(f"{name}\noutput y", color=BLUE)
            if rho == rhos[-1]:
                right.set_ylabel(r"$|\partial \Sigma y / \partial x_t|$", color=ORANGE)
    return figure
