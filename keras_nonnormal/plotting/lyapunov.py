from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from keras_nonnormal.plotting._style import (
    COLOURS,
    DASHES,
    INK,
    colour,
    dress,
    marker,
    new_figure,
)
from keras_nonnormal.plotting.drive_responses import DriveColours

START = (0, (4, 2))
# How far below the largest exponents the picture goes, at most.
DEPTH = 20.0


def lyapunov_spectra(
    trained: Mapping[str, np.ndarray],
    *,
    starts: Mapping[str, np.ndarray] | None = None,
    largest: Mapping[str, Sequence[tuple[float, float, float]]] | None = None,
    base: float = 2,
    title: str = "",
    index: str = "epoch",
) -> Figure:
    """Draws Lyapunov exponents of networks, and the largest one while they learn.

    Exponents are drawn in descending order. What is far below the largest is cut off,
    and exponents of minus infinity, of directions that a step forgets, are left out.

    Args:
        trained: For each network, by the name it gets in the figure, an array of the
            exponents after training.
        starts: By the same names, the exponents at the start, drawn dashed; or None.
        largest: By the same names, the largest exponent at several times: rows of the
            time, the exponent and its standard error. Or None for no such panel.
        base: Base of the logarithm that the exponents are in.
        title: Title of the figure.
        index: What these times count.

    Returns:
        A `matplotlib.figure.Figure` with one or two panels.
    """
    shown = largest and any(len(rows) > 1 for rows in largest.values())
    figure = new_figure(9.8 if shown else 6.2, 4.3)
    spectrum, *others = figure.subplots(1, 2 if shown else 1, squeeze=False)[0]
    unit = f"exponent, {_unit(base)} a step"
    for number, (name, values) in enumerate(trained.items()):
        look: dict = {"color": colour(number), "markevery": 0.1, "markersize": 4.5}
        if number >= len(COLOURS):  # the dashes say that it is the start
            look["marker"] = marker(number)
        _descending(spectrum, values, **look, linewidth=2, label=name)
        if starts and name in starts:
            _descending(spectrum, starts[name], **look, linewidth=1.6, linestyle=START)
    every = [*trained.values(), *(starts or {}).values()]
    _cut(spectrum, np.concatenate([np.ravel(each) for each in [*every, []]]))
    dress(spectrum, title)
    spectrum.set(xlabel="number of the exponent", ylabel=unit)
    spectrum.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    for axes in others:
        for number, name in enumerate(trained):
            rows = np.reshape((largest or {}).get(name, []), (-1, 3))
            rows = rows[np.isfinite(rows[:, 1])]
            times, exponents, errors = rows.T
            look = {"color": colour(number), "marker": marker(number), "ms": 4.5}
            axes.errorbar(times, exponents, errors, **look, linewidth=2, capsize=2)
        dress(axes, "largest exponent while learning")
        axes.set(xlabel=index, ylabel=unit)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    for axes in (spectrum, *others):
        _mark_zero(axes)
    handles, labels = spectrum.get_legend_handles_labels()
    if starts:
        handles.append(Line2D([], [], color=INK, linestyle=START))
        labels.append("at the start")
    if handles:
        figure.legend(
            handles, labels, loc="outside lower center", ncols=3, frameon=False
        )
    return figure


def driven_exponents(
    exponents: Mapping[tuple[str, float], Mapping[float, float]],
    *,
    base: float = 2,
    title: str = "",
) -> Figure:
    """Draws the largest Lyapunov exponent of a network under a drive.

    Args:
        exponents: For each way in which the shapes follow the drive (adaptive or
            fixed) and each size of the drive, the exponent by the steps since the
            drive's onset. The dashes tell the way, the colour the size.
        base: Base of the logarithm that the exponents are in.
        title: Title of the figure.

    Returns:
        A `matplotlib.figure.Figure` with two panels: over the steps since the onset,
        and over the size of the drive.
    """
    ways = list(dict.fromkeys(way for way, _ in exponents))
    shades = DriveColours(size for _, size in exponents)
    sizes = shades.sizes
    steps = sorted({step for each in exponents.values() for step in each})
    figure = new_figure(9.8, 4.2)
    over_steps, over_sizes = figure.subplots(1, 2, sharey=True)
    for (way, size), values in exponents.items():
        look = {"linestyle": DASHES[ways.index(way)], "marker": "o", "markersize": 4}
        look["color"] = shades.of(size)
        over_steps.plot(list(values), list(values.values()), **look)
    for number, step in enumerate(steps):
        for way in ways:
            pairs = [
                (size, exponents[way, size][step])
                for size in sizes
                if step in exponents.get((way, size), {})
            ]
            look = {"linestyle": DASHES[ways.index(way)], "marker": "o"}
            over_sizes.plot(
                *np.transpose(pairs), color=colour(number), markersize=4, **look
            )
    by_size = [(f"drive {size:g}", shades.of(size)) for size in sizes]
    by_step = [(f"step {step:g}", colour(n)) for n, step in enumerate(steps)]
    for axes, what, entries in (
        (over_steps, "steps since the drive's onset", by_size),
        (over_sizes, "size of the drive", by_step),
    ):
        dress(axes, title if axes is over_steps else "")
        axes.set_xlabel(what)
        axes.tick_params(labelleft=True)
        handles = [Line2D([], [], color=shade, label=label) for label, shade in entries]
        handles += [
            Line2D([], [], color=INK, linestyle=DASHES[n], label=way)
            for n, way in enumerate(ways)
        ]
        axes.legend(handles=handles, frameon=False, fontsize=8, loc="best")
    _mark_zero(over_steps)
    _mark_zero(over_sizes)
    over_steps.set_ylabel(f"largest exponent, {_unit(base)} a step")
    return figure


def _descending(axes: Axes, values, **look) -> None:
    values = np.sort(np.ravel(values))[::-1]
    numbers = np.arange(1, values.size + 1)
    known = np.isfinite(values)
    if known.sum() == 1:
        look["marker"] = "o"
    axes.plot(numbers[known], values[known], **look)


def _cut(axes: Axes, values: np.ndarray) -> None:
    """Keeps the largest exponents readable beside very negative ones."""
    values = values[np.isfinite(values)]
    if values.size and values.min() < values.max() - DEPTH:
        axes.set_ylim(values.max() - DEPTH, values.max() + 0.06 * DEPTH)


def _mark_zero(axes: Axes) -> None:
    """A line between growth and decay, unless it is far from everything."""
    low, high = axes.get_ylim()
    if abs(low + high) <= 3 * (high - low):
        axes.axhline(0, color=INK, linewidth=0.8, zorder=1)


def _unit(base: float) -> str:
    if base == 2:
        return "bits"
    return "nats" if np.isclose(base, np.e) else f"base {base:g}"
