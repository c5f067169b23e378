from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from keras_nonnormal.plotting._style import (
    COLOURS,
    colour,
    dress,
    legend_below,
    marker,
    new_figure,
)


def epoch_panels(
    panels: Mapping[str, Mapping[str, Sequence[Sequence[float]]]],
    *,
    dashed: Mapping[str, Mapping[str, Sequence[Sequence[float]]]] | None = None,
    label: str = "validation perplexity",
    limits: tuple[float, float] | None = None,
    title: str = "",
) -> Figure:
    """Draws a metric over epochs, a panel for each depth, a colour for each group.

    Args:
        panels: For each panel, by its title, for each group, by its name, the values of
            each run, one for each epoch.
        dashed: The same of runs that are drawn with dashed lines, such as those whose
            gradients were clipped.
        label: What the values are.
        limits: Lower and upper end of the vertical axis, or None.
        title: Title of the figure.

    Returns:
        A `matplotlib.figure.Figure` with the panels in one row.

    Reference:
        - [Herranz-Celotti and Rouat, 2023](https://arxiv.org/abs/2308.12075), figure 4
    """
    dashed = dashed or {}
    names = list(dict.fromkeys([*panels, *dashed]))
    both = (panels, dashed)
    groups = list(
        dict.fromkeys(
            group for each in both for lines in each.values() for group in lines
        )
    )
    figure = new_figure(max(4.2 * len(names), 4.2), 3.6)
    columns = figure.subplots(1, max(len(names), 1), sharey=True, squeeze=False)[0]
    for axes, name in zip(columns, names, strict=False):
        for each, style in zip(both, ("-", (0, (4, 2))), strict=True):
            for group, runs in each.get(name, {}).items():
                number = groups.index(group)
                point = marker(number) if number >= len(COLOURS) else None
                for values in runs:
                    axes.plot(
                        range(1, len(values) + 1),
                        values,
                        color=colour(number),
                        marker=point,
                        linestyle=style,
                        linewidth=1.6,
                        label=group,
                    )
        if limits is not None:
            axes.set_ylim(*limits)
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        dress(axes, name)
    columns[0].set_ylabel(label)
    figure.suptitle(title, fontsize=11)
    legend_below(figure, columns, groups)
    return figure
