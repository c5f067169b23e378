from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from keras_nonnormal.plotting._style import dress, legend_below, look, new_figure


def reconstruction_curves(
    panels: Mapping[str, Mapping[str, np.ndarray]],
) -> Figure:
    """Draws how well past inputs can be read off a state, by how long ago they were.

    Args:
        panels: For each panel, by its title, for each network, by its name, an array
            `(time,)` of R^2, as `delayed_reconstruction` gives. What is below 0 is
            drawn at the lower end.

    Returns:
        A `matplotlib.figure.Figure` with the panels in one row.

    Reference:

    - [Orhan and Pitkow, 2020, figure 2](https://arxiv.org/abs/1905.13715)
    """
    figure = new_figure(3.4 * len(panels), 3.4)
    row = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, (title, curves) in zip(row, panels.items(), strict=True):
        for number, (name, scores) in enumerate(curves.items()):
            axes.plot(
                np.maximum(scores, -0.05),
                **look(number),
                linewidth=max(3.0 - number, 1.4),
                label=name,
            )
        dress(axes, title)
        axes.set(xlabel="delay", ylim=(-0.06, 1.06))
        axes.margins(x=0.02)
    row[0].set_ylabel("variance explained, $R^2$")
    legend_below(figure, row)
    return figure
