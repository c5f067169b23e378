from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from keras_nonnormal.plotting._style import (
    INK,
    colour,
    dress,
    legend_below,
    look,
    new_figure,
)


def weight_profiles(
    panels: Mapping[str, Mapping[str, np.ndarray]], *, reach: int | None = None
) -> Figure:
    """Draws mean recurrent weights by how much later one unit peaks than the other.

    Args:
        panels: For each panel, by its title, for each group of networks, by its name,
            an array `(networks, 2 * units - 1)`, as `peak_order_profiles` gives of
            each. Drawn are the mean and a band of one standard error of it.
        reach: How far from 0 the offsets go that are shown. Defaults to None, all.

    Returns:
        A `matplotlib.figure.Figure` with the panels in one row.

    Reference:

    - [Orhan and Pitkow, 2020, figures 5 and 6](https://arxiv.org/abs/1905.13715)
    """
    figure = new_figure(max(3.2 * len(panels), 4.4), 3.5)
    row = figure.subplots(1, len(panels), squeeze=False)[0]
    names = list(dict.fromkeys(name for groups in panels.values() for name in groups))
    for axes, (title, groups) in zip(row, panels.items(), strict=True):
        axes.axhline(0, color=INK, linewidth=0.8, zorder=1)
        axes.axvline(0, color=INK, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
        for name, profiles in groups.items():
            profiles = np.atleast_2d(profiles)
            units = (profiles.shape[1] + 1) // 2
            shown = min(reach or units - 1, units - 1)
            offsets = np.arange(-shown, shown + 1)
            inside = profiles[:, units - 1 - shown : units + shown]
            mean = inside.mean(axis=0)
            number = names.index(name)
            axes.plot(offsets, mean, **look(number), linewidth=1.8, label=name)
            if len(profiles) > 1:
                error = inside.std(axis=0, ddof=1) / np.sqrt(len(profiles))
                low, high, own = mean - error, mean + error, colour(number)
                axes.fill_between(offsets, low, high, color=own, alpha=0.25, lw=0)
        dress(axes, title)
        axes.margins(x=0)
        axes.set_xlabel("place of target − source")
    row[0].set_ylabel("mean recurrent weight")
    legend_below(figure, row)
    return figure
