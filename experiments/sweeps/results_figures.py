"""The figures of the results page: narrow, for telephones, and from summaries alone."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.core.report import Mean, gathered
from experiments.sweeps.results import Section, scores
from experiments.sweeps.results_page import SCORES, SHARE, Result
from keras_nonnormal.plotting import _style

WIDTH, BAR = 4.4, 0.27  # inches: on a telephone of 390 px letters have 12
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "results",
    "svg.fonttype": "path",
    "font.size": 10,
}


def draw(kind: str, section: Section, found: Sequence[Result], file: Path) -> None:
    """Draws a figure of a section into an SVG file."""
    with mpl.rc_context(STYLE):
        figure = KINDS[kind](section, [each for each in found if each.best])
        figure.savefig(file, metadata={"Date": None})


def curves(section: Section, found: Sequence[Result]) -> Figure:
    """Means of a metric by epoch or update, within one deviation over seeds."""
    figure = _style.new_figure(WIDTH, 3.0 + 0.2 * len(found))
    axes, metric = figure.add_subplot(), section.figure["curves"]
    label, factor, _ = SCORES[metric.removeprefix("val_")]
    for number, result in enumerate(found):
        values = gathered(
            (at * run["per_row"], factor * value)
            for run in result.best
            for at, value in zip(run["at"], run["curves"][metric], strict=True)
            if value is not None
        )
        _line(axes, values, number, f"{result.row.name} (n = {len(result.best)})")
    if section.levels and "loss" in metric:
        trivial, success = section.levels
        for level, name, dashes in (
            (trivial, "nothing remembered", (0, (5, 3))),
            (success, "success", (0, (1, 2))),
        ):
            look: dict[str, Any] = {"color": _style.INK, "linestyle": dashes}
            axes.axhline(level, label=name, **look)
        axes.set(yscale="log", ylim=(success / 50, 10 * trivial))  # and not all spikes
    updates = any(run["per_row"] > 1 for result in found for run in result.best)
    split = "validation " if metric.startswith("val_") else "training "
    axes.set(xlabel="updates" if updates else "epochs", ylabel=split + label)
    _style.dress(axes)
    _legend(figure, axes)
    return figure


def over(section: Section, found: Sequence[Result]) -> Figure:
    """The score over the values of an option, a panel for each word before a comma."""
    option = section.figure["over"]
    panels = gathered((each.row.name.split(", ")[0], each) for each in found)
    figure = _style.new_figure(WIDTH, 0.5 + 1.9 * len(panels))
    rows = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    label, factor, _ = SCORES[section.score]
    for axes, (name, results) in zip(rows, panels.items(), strict=True):
        for number, result in enumerate(results):
            values = {
                runs[0]["setting"][option]: [
                    factor * each for each in scores(runs, section.score)
                ]
                for runs in result.found
            }
            _line(axes, values, number, result.row.name.split(", ")[1], marker="o")
        axes.set(xscale="log", ylabel=label)
        _style.dress(axes, name)
    rows[-1].set_xlabel(option.replace("_", " "))
    _legend(figure, rows[0])
    return figure


def bars(section: Section, found: Sequence[Result]) -> Figure:
    """The scores as bars with their deviations, published numbers as diamonds."""
    label = SCORES[section.score][0]
    figure, axes = _rows(found, lambda each: each.row.name)
    for place, result in enumerate(found):
        if (ours := result.mean(result.best)) is not None:
            look: dict[str, Any] = {"color": _style.COLOURS[0], "height": 0.7}
            spread = ours.deviation if ours.count > 1 else None
            axes.barh(place, ours.mean, xerr=spread, ecolor=_style.INK, **look)
        if (theirs := result.published) is not None:
            axes.plot(theirs.mean, place, "D", color=_style.COLOURS[1])
    axes.set_xlabel(label)
    return figure


def shares(section: Section, found: Sequence[Result]) -> Figure:
    """The share of runs that succeeded, beside the published one."""
    figure, axes = _rows(found, lambda each: f"{each.row.name} (n = {len(each.best)})")
    for place, result in enumerate(found):
        counts = SHARE.match(result.row.published)
        theirs = 100 * int(counts[1]) / int(counts[2]) if counts else None
        ours = 100 * len(result.successes) / len(result.best)
        for shift, share, number in ((-0.2, ours, 0), (0.2, theirs, 1)):
            if share is not None:
                name = ("here", "published, of a grid")[number]
                look: dict[str, Any] = {"color": _style.colour(number), "height": 0.36}
                axes.barh(place + shift, share, **look, label=name)
                axes.annotate(f" {share:.0f}", (share, place + shift), va="center")
    axes.set(xlabel=f"runs below {section.levels[1]:g}, %", xlim=(0, 112))
    _legend(figure, axes)
    return figure


def _rows(
    found: Sequence[Result], name: Callable[[Result], str]
) -> tuple[Figure, Axes]:
    """A figure with a place for every row, the first one at the top."""
    figure = _style.new_figure(WIDTH, 1.0 + BAR * max(len(found), 3))
    axes = figure.add_subplot()
    axes.set_yticks(range(len(found)), [name(each) for each in found])
    axes.invert_yaxis()
    _style.dress(axes, grid="x")
    return figure, axes


def _line(
    axes: Axes, values: Mapping[float, Sequence[float]], number: int, name: str, **more
) -> None:
    """Means at places, and a band of one deviation."""
    places = sorted(place for place in values if values[place])
    means = [Mean.of(values[place]) for place in places]
    if len(places) == 1:
        more["marker"] = "o"
    middle = [each.mean for each in means]
    axes.plot(places, middle, **_style.look(number), label=name, **more)
    spans = zip(places, means, strict=True)
    low = [max(each.mean - each.deviation, min(values[at])) for at, each in spans]
    high = [each.mean + each.deviation for each in means]
    look: dict[str, Any] = {"color": _style.colour(number), "linewidth": 0}
    axes.fill_between(places, low, high, alpha=0.2, **look)


def _legend(figure: Figure, axes: Axes) -> None:
    _style.legend_below(figure, [axes])


KINDS = {"curves": curves, "bars": bars, "shares": shares, "over": over}
