from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from keras_nonnormal.plotting._style import (
    colour,
    dress,
    legend_inside,
    look,
    new_figure,
)


def gradient_norm_curves(norms: Mapping[str, np.ndarray], *, title: str = "") -> Figure:
    """Draws how much of the loss's gradient reaches the state at every step.

    A curve that falls to the left is a gradient that vanishes on its way back to
    early steps, one that rises to the left a gradient that explodes.

    Args:
        norms: For each model, by the name it gets in the figure, an array `(time,)` or
            `(batch, time)`, as `state_gradient_norms` gives. Of a batch the median is
            drawn, and the range between the tenth and the ninetieth percentile.
        title: Title of the figure.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ValueError: If an array has another number of axes.
    """
    figure = new_figure()
    axes = figure.add_subplot()
    for number, (name, values) in enumerate(norms.items()):
        values = np.asarray(values, np.float64)
        if values.ndim not in (1, 2):
            raise ValueError(
                "`norms` must have shape (batch, time) or (time,). "
                f"Received: shape {values.shape} for {name!r}"
            )
        # A gradient of exactly 0 has no place on a logarithmic axis.
        values = np.where(np.atleast_2d(values) > 0, np.atleast_2d(values), np.nan)
        low, middle, high = _percentiles(values)
        steps = np.arange(1, values.shape[1] + 1)
        axes.plot(steps, middle, **look(number), linewidth=2, label=name)
        if len(values) > 1:
            axes.fill_between(
                steps, low, high, color=colour(number), alpha=0.2, linewidth=0
            )
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    if high < 100 * low:  # whole decades, where there would be hardly a label
        axes.set_ylim(10 ** np.floor(np.log10(low)), 10 ** np.ceil(np.log10(high)))
    axes.margins(x=0)
    axes.set(xlabel="step t", ylabel=r"gradient norm $\|\partial L/\partial h_t\|$")
    dress(axes, title)
    legend_inside(figure, axes)
    return figure


def _percentiles(values: np.ndarray) -> np.ndarray:
    """Percentiles over the batch; of steps without any value, none."""
    result = np.full((3, values.shape[1]), np.nan)
    some = ~np.isnan(values).all(axis=0)
    result[:, some] = np.nanpercentile(values[:, some], [10, 50, 90], axis=0)
    return result
