"""Figures of runs of networks that were made stable, or not, before training."""

from collections.abc import Sequence
from typing import Any

from experiments.core.runs import run_folders
from experiments.core.statistics import Mean
from experiments.figure_folder import FigureFolder
from experiments.launch import load_tensorflow
from experiments.lsc.groups import (
    GROUP_HEAD,
    by_start,
    distinct,
    entry,
    group_rows,
    nets_of,
    place,
    starts_of,
)
from experiments.lsc.records import (
    METRICS,
    NONE,
    Record,
    check_trained,
    records,
    start_of,
)
from experiments.lsc.wins import all_wins
from experiments.options import OptionError

# Ends of the axes of the published figures.
LIMITS = {
    "wordptb": (75.0, 125.0),
    "sl_mnist": (0.93, 0.975),
    "heidelberg": (0.82, 0.97),
}


def rates(options, out: FigureFolder) -> None:
    """Figure 2: test accuracy of feed-forward networks over learning rates."""
    name = "lsc-2"
    panels: dict[str, dict[str, dict[float, list[float]]]] = {}
    for run in run_folders(options.runs):
        accuracy = check_trained(run, "ffn")["test"]["accuracy"]
        chosen = run.options
        start, _ = start_of(chosen, 1)
        if start == NONE:
            start = {"glorot": "Glorot", "he": "He"}[chosen["init"]]
        panel = panels.setdefault(f"{chosen['dataset']}, {chosen['activation']}", {})
        panel.setdefault(start, {}).setdefault(chosen["lr"], []).append(accuracy)
    panels = dict(sorted(panels.items()))
    out.reserve(name)
    load_tensorflow()
    from keras_nonnormal.plotting import rate_panels

    out.figure(name, rate_panels(panels))
    rows = (
        (*panel.split(", "), start, f"{rate:g}", *_count_mean_deviation(values))
        for panel, lines in panels.items()
        for start, by_rate in lines.items()
        for rate, values in sorted(by_rate.items())
    )
    head = ("dataset", "activation", "start", "learning rate", "runs", "mean", "std")
    out.table(name, head, rows)


def wins(options, out: FigureFolder) -> None:
    """Figure 3 (i): how often networks with one start beat those with another."""
    name = "lsc-3-wins"
    found = records(run_folders(options.runs))
    counts = all_wins(found)
    if not any(
        each.pairs for by_depth in counts.values() for each in by_depth.values()
    ):
        raise OptionError(
            "the runs have no pair that differs in pre-training alone; expected runs "
            "of the same task, network, depth, sizes and seed"
        )
    out.reserve(name)
    load_tensorflow()
    from keras_nonnormal.plotting import grouped_bars

    bars = {
        comparison: {
            f"{depth} layers": [count.percent] if count.pairs else []
            for depth, count in by_depth.items()
        }
        for comparison, by_depth in counts.items()
    }
    words = {
        name: name.replace(" better than ", "\nbetter than\n").replace(", ", ",\n")
        for name in counts
    }
    figure = grouped_bars(
        {"": {words[name]: each for name, each in bars.items()}},
        label="pairs of runs won, %",
        level=50.0,
        limits=(0.0, 100.0),
    )
    out.figure(name, figure)
    out.table(
        name,
        ("comparison", "layers", "pairs", "won", "percent"),
        (
            (comparison, depth, count.pairs, count.won, f"{count.percent:.4g}")
            for comparison, by_depth in counts.items()
            for depth, count in by_depth.items()
        ),
    )
    for comparison, by_depth in counts.items():
        for depth, count in by_depth.items():
            print(f"{comparison}, {depth} layers: {count.won} of {count.pairs}")


def scores(options, out: FigureFolder) -> None:
    """Figure 3 (ii): test results of networks by start, for each task and depth."""
    name = "lsc-3-scores"
    found = records(run_folders(options.runs))
    out.reserve(name)
    load_tensorflow()
    from keras_nonnormal.plotting import grouped_bars

    tasks = [task for task in METRICS if any(each.task == task for each in found)]
    for task in tasks:
        of_task = [each for each in found if each.task == task]
        panels = {
            f"{depth} layers": {
                net: by_start([e for e in of_task if (e.depth, e.net) == (depth, net)])
                for net in nets_of(of_task)
            }
            for depth in sorted({each.depth for each in of_task})
        }
        metric = METRICS[task].replace("_", " ")
        figure = grouped_bars(
            panels,
            label=f"test {metric}",
            limits=LIMITS[task] if options.published_axes else None,
            title=task,
        )
        out.figure(name if len(tasks) == 1 else f"{name}-{task}", figure)
    out.table(name, GROUP_HEAD, group_rows(found))


def table(options, out: FigureFolder) -> None:
    """Figure 3 (iii): test results and mean radii, struck out if off their target."""
    name = "lsc-3-table"
    found = records(run_folders(options.runs))
    out.reserve(name)
    load_tensorflow()
    from keras_nonnormal.plotting import score_table

    starts = starts_of(found)
    head, rows, struck, rules = ["", ""], [], set(), set()
    head += [text for start in starts for text in (start, "mean radius")]
    depths = distinct((each.task, each.depth) for each in found)
    for task, depth in sorted(depths):
        rules.add(len(rows))
        for net in nets_of(found):
            cells = [f"{task}, {depth} layers", net]
            for column, start in enumerate(starts):
                runs = [
                    each
                    for each in found
                    if (each.task, each.depth, each.net, each.start)
                    == (task, depth, net, start)
                ]
                if any(each.missed for each in runs):
                    struck |= {(len(rows), 2 + 2 * column), (len(rows), 3 + 2 * column)}
                radii = [each.radius for each in runs if each.radius is not None]
                cells += [entry([each.score for each in runs]), entry(radii, 2)]
            if any(cells[2:]):
                rows.append(cells)
    out.figure(name, score_table(head, rows, struck=struck, rules=rules - {0}))
    out.table(name, GROUP_HEAD, group_rows(found))


def epochs(options, out: FigureFolder) -> None:
    """Figure 4: validation results of each run over epochs, a panel for each depth."""
    name = "lsc-4"
    found = records(run_folders(options.runs))
    metric = _one_metric(found)
    out.reserve(name)
    load_tensorflow()
    from keras_nonnormal.plotting import epoch_panels

    curves: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for each in sorted(found, key=lambda e: (e.depth, place(e.start), e.seed)):
        panel = curves[each.clipped].setdefault(f"{each.depth} layers", {})
        panel.setdefault(each.start, []).append(each.curve)
    figure = epoch_panels(
        curves[False],
        dashed=curves[True],
        label=f"validation {metric}",
        title="dashed: gradients clipped" if curves[True] else "",
    )
    out.figure(name, figure)
    rows = (
        (each.depth, each.start, each.clipped, each.seed, epoch, value)
        for each in found
        for epoch, value in enumerate(each.curve, 1)
    )
    out.table(name, ("layers", "start", "clipped", "seed", "epoch", metric), rows)


def table_1(options, out: FigureFolder) -> None:
    """Table 1: validation and test results by depth, start and clipping."""
    name = "lsc-table-1"
    found = records(run_folders(options.runs))
    metric = _one_metric(found)
    out.reserve(name)
    load_tensorflow()
    from keras_nonnormal.plotting import score_table

    rows, numbers, bold, rules = [], [], set(), set()
    for depth in sorted({each.depth for each in found}):
        rules.add(len(rows))
        for clipped in (False, True):
            block = by_start(
                [e for e in found if (e.depth, e.clipped) == (depth, clipped)], None
            )
            first = len(rows)
            for start, runs in block.items():
                if not runs:
                    continue
                both = [[e.validation for e in runs], [e.score for e in runs]]
                ending = " + clip" if clipped else ""
                words = ("default" if start == NONE else start) + ending
                rows.append([f"{depth} layers, {words}", *map(entry, both)])
                values = [v for each in both for v in _count_mean_deviation(each)[1:]]
                numbers.append((depth, start, clipped, len(runs), *values))
            bold |= _best(numbers, first, found[0].more_is_better)
    head = ("", f"validation {metric}", f"test {metric}")
    out.figure(name, score_table(head, rows, bold=bold, rules=rules - {0}))
    columns = ("validation", "validation std", "test", "test std")
    out.table(name, ("layers", "start", "clipped", "runs", *columns), numbers)


def _count_mean_deviation(values: Sequence[float]) -> tuple[int, float, float]:
    found = Mean.of(values)
    return found.count, found.mean, found.deviation


def _one_metric(found: Sequence[Record]) -> str:
    metrics = sorted({each.metric for each in found})
    if len(metrics) > 1:
        raise OptionError(
            f"expected runs of one metric in a figure, received {', '.join(metrics)}"
        )
    return metrics[0].replace("_", " ")


def _best(numbers: Sequence[tuple], first: int, more_is_better: bool) -> set:
    """Places of the best entries among the rows from one on."""
    places = set()
    for column, value in ((1, 4), (2, 6)):
        means = {row: numbers[row][value] for row in range(first, len(numbers))}
        if means:
            choose = max if more_is_better else min
            places.add((choose(means, key=lambda row: means[row]), column))
    return places
