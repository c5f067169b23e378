"""Figures of the shapes of gamma, and of what networks score with them."""

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.core.runs import (
    RunFolder,
    metric_of_all,
    of_one_experiment,
    run_folders,
)
from experiments.figure_folder import FigureFolder
from experiments.launch import load_tensorflow
from experiments.options import OptionError
from experiments.run_figures import axis_label
from experiments.run_labels import has_gamma

SHAPES = ((1.0, 0.0), (5.0, 0.0), (20.0, 0.0), (1.0, 1.0), (5.0, 0.5), (5.0, 1.0))
SPAN, POINTS = (-2.0, 2.0), 401
# What a test is called in a summary, and in the figure.
CONDITIONS = {"none": "clean", "sin": "sine", "drive": "drive", "step": "step"}
CONDITIONS |= {"lin": "local linear"}


def gamma(options, out: FigureFolder) -> None:
    """Gamma and its slope for some shapes, and the largest slope of all shapes."""
    out.reserve("gamma")
    load_tensorflow()
    import numpy

    from keras_nonnormal.activations import gamma_slopes, gamma_sup_slope, gamma_values
    from keras_nonnormal.plotting import gamma_shapes

    shapes = options.shapes or SHAPES
    out.figure("gamma", gamma_shapes(shapes, span=SPAN))
    x = numpy.linspace(*SPAN, POINTS)
    numbers = (
        (n, s, *row)
        for n, s in shapes
        for row in zip(x, gamma_values(x, n, s), gamma_slopes(x, n, s), strict=True)
    )
    out.table("gamma", ("n", "s", "x", "gamma", "slope"), numbers)
    print("\n    n     s  largest slope")
    for n, s in shapes:
        slope = f"{gamma_sup_slope(n, s):.4f}" if n > 0 else "none for n < 0"
        print(f"{n:5g} {s:5g}  {slope}")


def grid(options, out: FigureFolder) -> None:
    """Map of a final metric over the shapes that runs of one experiment began with."""
    runs, experiment, metric, label = _measured(options)
    name = f"grid-{experiment}-{metric}".replace("_", "-")
    out.reserve(name)
    load_tensorflow()
    from keras_nonnormal.plotting import shape_map

    values: dict[tuple[float, float], list[float]] = {}
    for run in runs:
        value = run.history()[-1].get(metric, float("nan"))
        values.setdefault(start_shape(run), []).append(value)
    means = {shape: sum(each) / len(each) for shape, each in values.items()}
    out.figure(name, shape_map(means, label=label, title=experiment))
    numbers = ((*shape, len(values[shape]), mean) for shape, mean in means.items())
    out.table(name, ("n", "s", "runs", metric), numbers)


def shapes(options, out: FigureFolder) -> None:
    """How the shapes of networks with gamma moved while these learnt."""
    runs = run_folders(options.runs)
    logged = {run.label: _logged_shapes(run) for run in runs}
    histories, metric = {}, ""
    if options.metric or len(runs) > MOST_COLOURS:
        histories = {run.label: run.history() for run in runs}
        metric = metric_of_all(histories, options.metric)
    out.reserve("shapes")
    load_tensorflow()
    import numpy

    from keras_nonnormal.plotting import shape_paths

    paths = {}
    for run in runs:
        rows = numpy.array([*logged[run.label].values()])  # epoch, n or s, unit
        start = numpy.broadcast_to(
            numpy.reshape(start_shape(run), (1, 2, 1)), (1, *rows.shape[1:])
        )
        paths[run.label] = numpy.concatenate([start, rows]).swapaxes(1, 2)
    scores = {
        label: rows[-1].get(metric, float("nan")) for label, rows in histories.items()
    }
    figure = shape_paths(
        paths,
        scores=scores or None,
        label=axis_label(metric.replace("task_", "")),
        title=", ".join(sorted({run.experiment for run in runs})),
    )
    out.figure("shapes", figure)
    numbers = (
        (label, epoch, unit, *shape)
        for label, path in paths.items()
        for epoch, units in zip([0, *logged[label]], path, strict=True)
        for unit, shape in enumerate(units)
    )
    out.table("shapes", ("run", "epoch", "unit", "n", "s"), numbers)


def speed(options, out: FigureFolder) -> None:
    """Quantiles of a metric over time for groups of runs: how shapes are learnt."""
    runs, experiment, metric, label = _measured(options, gamma_only=False)
    name = f"speed-{experiment}-{metric}".replace("_", "-")
    out.reserve(name)
    load_tensorflow()
    import numpy

    from keras_nonnormal.plotting import learning_speed

    groups: dict[str, list[list[float]]] = {}
    for run in runs:
        values = [row.get(metric, numpy.nan) for row in run.history()]
        groups.setdefault(_group(run), []).append(values)
    try:
        figure = learning_speed(
            groups,
            epoch=options.epoch,
            label=label,
            title=experiment,
            index=runs[0].index,
            step=runs[0].counted(1),
        )
    except ValueError as error:
        raise OptionError(f"--epoch: {str(error).replace('`', '')}") from error
    out.figure(name, figure)
    numbers = (
        (group, number, epoch, value)
        for group, each in groups.items()
        for number, values in enumerate(each)
        for epoch, value in enumerate(values, 1)
    )
    out.table(name, ("group", "run", "epoch", metric), numbers)


def robustness(options, out: FigureFolder) -> None:
    """Test accuracy of runs on clean, transformed and driven sequences."""
    runs = run_folders(options.runs)
    experiment = of_one_experiment(runs)
    scores = {run.label: _accuracies(run) for run in runs}
    name = f"robustness-{experiment}"
    out.reserve(name)
    load_tensorflow()
    from keras_nonnormal.plotting import robustness_bars

    chance = 0.1 if experiment == "psmnist" else None
    out.figure(name, robustness_bars(scores, chance=chance, title=experiment))
    conditions = list(dict.fromkeys(each for row in scores.values() for each in row))
    numbers = (
        (label, *(row.get(each, "") for each in conditions))
        for label, row in scores.items()
    )
    out.table(name, ("run", *conditions), numbers)


# Beyond these, colours of single runs repeat, and scores tell more.
MOST_COLOURS = 7


def start_shape(run: RunFolder) -> tuple[float, float]:
    """Gain and saturation that all units of a run with gamma began with.

    Raises:
        OptionError: If it has no gamma.
    """
    if not has_gamma(run.options):
        raise _no_gamma(run)
    if not run.options.get("random"):
        return float(run.options["gain"]), float(run.options["saturation"])
    from experiments.snapshots import start

    values = {each.path.split("/")[-1]: each for each in start(run).layer.weights}
    gain, saturation = (values[name].numpy().mean() for name in ("gain", "saturation"))
    return float(gain), float(saturation)


def _measured(options, gamma_only: bool = True) -> tuple[list, str, str, str]:
    """Runs of one experiment, its name, a metric of all of them, and its label."""
    runs = run_folders(options.runs)
    experiment = of_one_experiment(runs)
    for run in runs:
        if gamma_only and not has_gamma(run.options):
            raise _no_gamma(run)
    histories = {run.label: run.history() for run in runs}
    metric = metric_of_all(histories, options.metric)
    return runs, experiment, metric, axis_label(metric.replace("task_", ""))


def _logged_shapes(run: RunFolder) -> dict[int, tuple[list[float], list[float]]]:
    """Gains and saturations of all units by epoch."""
    if not has_gamma(run.options):
        raise _no_gamma(run)
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


def _no_gamma(run: RunFolder) -> OptionError:
    return OptionError(f"{run.path} has no gamma; expected a run with --nonlin gamma")


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
    """Test accuracies of a run by condition."""
    summary = run.summary()
    tests: Mapping[str, Any] = summary.get("tests") or {"none": summary.get("test")}
    found = {
        CONDITIONS.get(name, name): scores["accuracy"]
        for name, scores in tests.items()
        if scores and "accuracy" in scores
    }
    if not found:
        raise OptionError(
            f"{run.path} holds no summary.json with a test accuracy; expected a "
            "finished run of a task that is tested"
        )
    order: Sequence[str] = list(CONDITIONS.values())
    known = sorted(found, key=lambda each: order.index(each) if each in order else 9)
    return {name: found[name] for name in known}
