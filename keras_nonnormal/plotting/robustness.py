from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from keras_nonnormal.plotting._style import (
    INK,
    colour,
    dress,
    hatch,
    legend_below,
    new_figure,
)


def robustness_bars(
    scores: Mapping[str, Mapping[str, float]],
    *,
    chance: float | None = None,
    label: str = "test accuracy",
    title: str = "",
) -> Figure:
    """Draws what networks score on inputs as they were trained on, and on changed ones.

    Args:
        scores: For each network, by the name it gets in the figure, its score under
            each condition, by the name of that: clean, sine, drive. A condition that
            a network was not tested under leaves a gap.
        chance: Score of guessing, drawn as a dashed line; or None.
        label: What the scores are.
        title: Title of the figure.

    Returns:
        A `matplotlib.figure.Figure`.
    """
    conditions = list(dict.fromkeys(name for each in scores.values() for name in each))
    figure = new_figure(max(5.0, 1.6 + 1.5 * len(scores)), 3.9)
    axes = figure.add_subplot()
    width = 0.8 / max(1, len(conditions))
    for number, condition in enumerate(conditions):
        heights = [each.get(condition, np.nan) for each in scores.values()]
        places = np.arange(len(scores)) + (number + 0.5) * width - 0.4
        bars = axes.bar(
            places,
            heights,
            0.92 * width,
            color=colour(number),
            hatch=hatch(number),
            edgecolor="white" if hatch(number) else None,
            label=condition,
        )
        axes.bar_label(
            bars,
            [f"{height:.3f}" if np.isfinite(height) else "" for height in heights],
            fontsize=7,
            color=INK,
            padding=1,
        )
    if chance is not None:
        axes.axhline(chance, color=INK, linewidth=1.2, linestyle=(0, (5, 3)))
    names = [name.replace(", ", ",\n") for name in scores]
    axes.set_xticks(range(len(scores)), names)
    axes.tick_params(axis="x", length=0)
    axes.set_ylabel(label)
    axes.set_ylim(0, None)
    dress(axes, title)
    if conditions:
        legend_below(figure, [axes])
    return figure
