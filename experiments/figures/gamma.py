"""Figures of the shapes of gamma, and of what networks score with them.

Geadah et al. (2020), https://arxiv.org/abs/2006.12253.
"""

import math
from collections.abc import Mapping
from typing import Any

from experiments.core.options import OptionError, option
from experiments.core.report import gathered
from experiments.core.runs import RunFolder, has_gamma
from experiments.figures._figure import (
    Output,
    figure,
    flat,
    numpy,
    plotting,
)
from experiments.figures._runs import (
    METRIC,
    at_start,
    axis_label,
    experiments_of,
    file_name,
    measured,
    metric_of_all,
    of_one_experiment,
)

SHAPES = ((1.0, 0.0), (5.0, 0.0), (20.0, 0.0), (1.0, 1.0), (5.0, 0.5), (5.0, 1.0))
SPAN, POINTS = (-2.0, 2.0), 401
# Beyond these, colours of single runs repeat, and scores tell more.
MOST_COLOURS = 7
# What a test is called in a summary, and in the figure.
CONDITIONS = {"none": "clean", "sin": "sine", "drive": "drive", "step": "step"}
CONDITIONS |= {"lin": "local linear"}


@figure("gamma", shapes=option(SHAPES, "gain and saturation N,S: a curve for each"))
def gamma(options, out: Output) -> None:
    """Gamma and its slope for some shapes, and the largest slope of all shapes."""
    if any(n == 0 for n, _ in options.shapes):
        raise OptionError("--shapes: gamma has a pole at n = 0, expected another gain")
    out.begin("gamma")
    from keras_nonnormal.activations import gamma_slopes, gamma_sup_slope, gamma_values

    x = numpy.linspace(*SPAN, POINTS)
    rows = (
        (n, s, *row)
        for n, s in options.shapes
        for row in zip(x, gamma_values(x, n, s), gamma_slopes(x, n, s), strict=True)
    )
    drawn = plotting.gamma_shapes(options.shapes, span=SPAN)
    out.save("gamma", drawn, ("n", "s", "x", "gamma", "slope"), rows)
    print("\n    n     s  largest slope")
    for n, s in options.shapes:
        slope = f"{gamma_sup_slope(n, s):.4f}" if n > 0 else "none for n < 0"
        print(f"{n:5g} {s:5g}  {slope}")


@figure("grid", metric=(str | None, METRIC))
def grid(runs, options, out: Output) -> None:
    """Map of a final metric over the shapes that runs of one experiment began with."""
    _check_gamma(runs)
    experiment, histories, metric, label = measured(runs, options.metric)
    name = file_name("grid", experiment, metric)
    out.begin(name)
    values = by_shape(runs, _last(histories, metric))
    means = {shape: sum(each) / len(each) for shape, each in values.items()}
    rows = ((*shape, len(values[shape]), mean) for shape, mean in means.items())
    drawn = plotting.shape_map(means, label=label, title=experiment)
    out.save(name, drawn, ("n", "s", "runs", metric), rows)


@figure(
    "shapes",
    metric=(
        str | None,
        option(
            None,
            "column of metrics.csv whose last value gives the colours (default: a "
            f"colour for each run, or as curves for more than {MOST_COLOURS})",
        ),
    ),
)
def shapes(runs, options, out: Output) -> None:
    """How the shapes of networks with gamma moved while these learnt."""
    _check_gamma(runs)
    logged = {run.label: _logged_shapes(run) for run in runs}
    scores, metric = {}, ""
    if options.metric or len(runs) > MOST_COLOURS:
        histories = {run.label: run.history() for run in runs}
        metric = metric_of_all(histories, options.metric)
        scores = _last(histories, metric)
    out.begin("shapes")
    paths, table = {}, {}
    for run in runs:
        path = numpy.array([*logged[run.label].values()])  # epoch, n or s, unit
        start = numpy.reshape(start_shape(run), (1, 2, 1))
        start = numpy.broadcast_to(start, (1, *path.shape[1:]))
        path = numpy.concatenate([start, path]).swapaxes(1, 2)
        paths[run.label] = path
        times = zip([0, *logged[run.label]], path, strict=True)
        table[run.label] = {epoch: [*map(tuple, units)] for epoch, units in times}
    title, label = experiments_of(runs), axis_label(metric)
    drawn = plotting.shape_paths(paths, scores=scores or None, label=label, title=title)
    out.save("shapes", drawn, ("run", "epoch", "unit", "n", "s"), flat(table))


@figure(
    "speed",
    metric=(str | None, METRIC),
    epoch=(
        int | None,
        option(
            None, "row of the histogram (default: the last that every group has)", low=1
        ),
    ),
)
def speed(runs, options, out: Output) -> None:
    """Quantiles of a metric over time for groups of runs: how shapes are learnt."""
    experiment, histories, metric, label = measured(runs, options.metric)
    name = file_name("speed", experiment, metric)
    out.begin(name)
    groups = gathered(
        (_group(run), [row.get(metric, math.nan) for row in histories[run.label]])
        for run in runs
    )
    try:
        drawn = plotting.learning_speed(
            groups,
            epoch=options.epoch,
            label=label,
            title=experiment,
            index=runs[0].index,
            step=runs[0].counted(1),
        )
    except ValueError as error:
        raise OptionError(f"--epoch: {str(error).replace('`', '')}") from error
    rows = ((*where, place + 1, value) for *where, place, value in flat(groups))
    out.save(name, drawn, ("group", "run", "epoch", metric), rows)


@figure("robustness")
def robustness(runs, options, out: Output) -> None:
    """Test accuracy of runs on clean, transformed and driven sequences."""
    experiment = of_one_experiment(runs)
    scores = {run.label: _accuracies(run) for run in runs}
    name = f"robustness-{experiment}"
    out.begin(name)
    chance = 0.1 if experiment == "psmnist" else None
    conditions = list(dict.fromkeys(each for row in scores.values() for each in row))
    rows = (
        (label, *(row.get(each, "") for each in conditions))
        for label, row in scores.items()
    )
    drawn = plotting.robustness_bars(scores, chance=chance, title=experiment)
    out.save(name, drawn, ("run", *conditions), rows)


def start_shape(run: RunFolder) -> tuple[float, float]:
    """Mean gain and saturation that the units of a run with gamma began with."""
    if not run.options.get("random"):
        return float(run.options["gain"]), float(run.options["saturation"])
    values = {each.path.split("/")[-1]: each for each in at_start(run).layer.weights}
    gain, saturation = (values[name].numpy().mean() for name in ("gain", "saturation"))
    return float(gain), float(saturation)


def by_shape(runs, values: Mapping[str, float]) -> dict[tuple, list[float]]:
    """Values of runs, by label, by the shape that the runs began with."""
    return gathered((start_shape(run), values[run.label]) for run in runs)


def _last(histories: Mapping[str, list[dict]], metric: str) -> dict[str, float]:
    """The last value of a metric, by the label of the run."""
    return {label: rows[-1].get(metric, math.nan) for label, rows in histories.items()}


def _check_gamma(runs) -> None:
    for run in runs:
        if not has_gamma(run.options):
            raise OptionError(
                f"{run.path} has no gamma; expected a run with --nonlin gamma"
            )


def _logged_shapes(run: RunFolder) -> dict[int, tuple[list[float], list[float]]]:
    """Gains and saturations of all units by epoch."""
    gains, saturations = run.logged("gain"), run.logged("saturation")
    if not gains or gains.keys() != saturations.keys():
        raise OptionError(
            f"{run.path} holds no gain.csv and saturation.csv of the same epochs; "
            "expected a run that learns its shape"
        )
    for epoch, values in gains.items():
        if len(values) != len(saturations[epoch]):
            raise OptionError(
                f"{run.path / 'gain.csv'} and saturation.csv are of {len(values)} and "
                f"{len(saturations[epoch])} units; expected as many"
            )
    return {epoch: (gains[epoch], saturations[epoch]) for epoch in gains}


def _group(run: RunFolder) -> str:
    """The way in which a run's shape is learnt, else the network."""
    options = run.options
    if not has_gamma(options):
        network = str(options.get("net_type") or options.get("init") or "other")
        return "ANRU (controlled)" if network == "ANRU" else network
    if not options.get("learn_params", True):
        return "static"
    return "homogeneous" if options["nonlin"] == "gamma" else "heterogeneous"


def _accuracies(run: RunFolder) -> dict[str, float]:
    """Test accuracies of a run by condition, in the order of the figure."""
    summary = run.summary()
    tests: dict[str, Any] = summary.get("tests") or {"none": summary.get("test")}
    known = [*CONDITIONS, *(name for name in tests if name not in CONDITIONS)]
    found = {
        CONDITIONS.get(name, name): tests[name]["accuracy"]
        for name in known
        if "accuracy" in (tests.get(name) or ())
    }
    if not found:
        raise OptionError(
            f"{run.path} holds no summary.json with a test accuracy; expected a "
            "finished run of a task that is tested"
        )
    return found
