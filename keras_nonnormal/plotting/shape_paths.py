from collections.abc import Mapping
from typing import Any

import matplotlib
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from keras_nonnormal.plotting._style import INK, colour, dress, look, new_figure


def shape_paths(
    paths: Mapping[str, np.ndarray],
    *,
    scores: Mapping[str, float] | None = None,
    label: str = "",
    title: str = "",
) -> Figure:
    r"""Draws how the shapes of gamma move while networks learn.

    The first panel has the mean over neurons from the start (open circle) to the end
    (dot). If there are neurons with shapes of their own, a second panel has all of
    these at the end, the start, and the centre of mass as a cross.

    Args:
        paths: For each network, by the name it gets in the figure, an array
            `(epochs, neurons, 2)` of gains and saturations; one neuron where all share
            a shape. The first row is the start, or as close to it as is known.
        scores: Numbers by the same names that tell the colour, such as the final
            accuracy; or None for a colour of its own and a legend.
        label: What the scores are.
        title: Title of the figure.

    Returns:
        A `matplotlib.figure.Figure` with one or two panels.

    Raises:
        ValueError: If an array has another shape.

    Reference:

    - [Geadah et al., 2020](https://arxiv.org/abs/2006.12253)
    """
    arrays = {name: _checked(name, values) for name, values in paths.items()}
    clouds = {name: a for name, a in arrays.items() if a.shape[1] > 1}
    figure = new_figure(9.6 if clouds else 5.8, 4.4)
    left, *right = figure.subplots(1, 2 if clouds else 1, squeeze=False)[0]
    colours, scale = _colours(arrays, scores)
    for number, (name, values) in enumerate(arrays.items()):
        means = values.mean(axis=1)
        own = {"color": colours[name], "zorder": 3}
        dashes = "-" if scores else look(number)["linestyle"]
        left.plot(*means.T, **own, linestyle=dashes, linewidth=1.8, label=name)
        left.plot(*means[0], "o", **own, mfc="white", ms=6)
        left.plot(*means[-1], "o", **own, ms=6)
    dress(left, title or "mean over neurons", grid="both")
    for axes in right:
        for name, values in clouds.items():
            own = {"color": colours[name]}
            axes.scatter(*values[-1].T, s=9, alpha=0.5, linewidths=0, **own, zorder=2)
            start, end = values[0].mean(axis=0), values[-1].mean(axis=0)
            axes.plot(*start, "o", **own, mfc="white", ms=7, zorder=4)
            axes.plot(*end, "P", **own, mec="white", ms=11, zorder=5)
        dress(axes, "neurons at the end, cross: their mean", grid="both")
    for axes in (left, *right):
        axes.set(xlabel="gain n", ylabel="saturation s")
        axes.margins(0.08)
    if scale is not None:
        bar = figure.colorbar(scale, ax=[left, *right], pad=0.02, label=label)
        bar.ax.tick_params(colors=INK)
        bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
    elif arrays:
        handles, labels = left.get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="outside lower center", ncols=3, frameon=False
        )
    return figure


def _colours(arrays, scores) -> tuple[dict[str, Any], ScalarMappable | None]:
    if not scores:
        return {name: colour(number) for number, name in enumerate(arrays)}, None
    known = [value for value in scores.values() if np.isfinite(value)]
    low, high = min(known, default=0.0), max(known, default=1.0)
    shades = matplotlib.colormaps["viridis"]
    scale = ScalarMappable(Normalize(low, high if high > low else low + 1e-9), shades)
    # A network without a score is grey.
    found: dict[str, Any] = {}
    for name in arrays:
        value = scores.get(name, np.nan)
        found[name] = scale.to_rgba(value) if np.isfinite(value) else "#B0B0B0"
    return found, scale


def _checked(name: str, values: Any) -> np.ndarray:
    values = np.asarray(values, np.float64)
    if values.ndim != 3 or values.shape[2] != 2 or not values.shape[0]:
        raise ValueError(
            "`paths` must have shape (epochs, neurons, 2) each. "
            f"Received: shape {values.shape} for {name!r}"
        )
    return values
