"""Figures of runs of networks that were made stable, or not, before training.

Herranz-Celotti and Rouat (2023), https://arxiv.org/abs/2308.12075.
"""

from collections.abc import Sequence
from typing import Any

from experiments.core.options import OptionError, option
from experiments.core.report import Mean
from experiments.figures._figure import Output, figure, plotting
from experiments.figures._stability import (
    HEAD,
    METRICS,
    NONE,
    Record,
    all_wins,
    by_start,
    check_trained,
    distinct,
    group_rows,
    nets_of,
    place,
    records,
    start_of,
    starts_of,
)

# Ends of the axes of the published figures.
LIMITS = {
    "wordptb": (75.0, 125.0),
    "sl_mnist": (0.93, 0.975),
    "heidelberg": (0.82, 0.97),
}


@figure("lsc-2")
def rates(runs, options, out: Output) -> None:
    """Figure 2: test accuracy of feed-forward networks over learning rates."""
    panels: dict[str, dict[str, dict[float, list[float]]]] = {}
    for run in runs:
        accuracy = check_trained(run, "ffn")["test"]["accuracy"]
        chosen = run.options
        rate = chosen["learning_rate"]
        start, _ = start_of(chosen, 1)
        if start == NONE:
            start = {"glorot": "Glorot", "he": "He"}[chosen["init"]]
        panel = panels.setdefault(f"{chosen['dataset']}, {chosen['activation']}", {})
        panel.setdefault(start, {}).setdefault(rate, []).append(accuracy)
    panels = dict(sorted(panels.items()))
    out.begin("lsc-2")
    rows = (
        (*panel.split(", "), start, f"{rate:g}", *_counted(values))
        for panel, lines in panels.items()
        for start, by_rate in lines.items()
        for rate, values in sorted(by_rate.items())
    )
    head = ("dataset", "activation", "start", "learning rate", "runs", "mean", "std")
    out.save("lsc-2", plotting.rate_panels(panels), head, rows)


@figure("lsc-3-wins")
def wins(runs, options, out: Output) -> None:
    """Figure 3 (i): how often networks with one start beat those with another."""
    counts = all_wins(records(runs))
    numbers = [
        (comparison, depth, count)
        for comparison, by_depth in counts.items()
        for depth, count in by_depth.items()
    ]
    if not any(count.pairs for *_, count in numbers):
        raise OptionError(
            "the runs have no pair that differs in pre-training alone; expected runs "
            "of the same task, network, depth, sizes and seed"
        )
    out.begin("lsc-3-wins")
    bars = {
        comparison.replace(" better than ", "\nbetter than\n").replace(", ", ",\n"): {
            f"{depth} layers": [count.percent] if count.pairs else []
            for depth, count in by_depth.items()
        }
        for comparison, by_depth in counts.items()
    }
    drawn = plotting.grouped_bars(
        {"": bars}, label="pairs of runs won, %", level=50.0, limits=(0.0, 100.0)
    )
    rows = (
        (comparison, depth, count.pairs, count.won, f"{count.percent:.4g}")
        for comparison, depth, count in numbers
    )
    head = ("comparison", "layers", "pairs", "won", "percent")
    out.save("lsc-3-wins", drawn, head, rows)
    for comparison, depth, count in numbers:
        print(f"{comparison}, {depth} layers: {count.won} of {count.pairs}")


@figure("lsc-3-scores", published_axes=option(False, "the ends of the published axes"))
def scores(runs, options, out: Output) -> None:
    """Figure 3 (ii): test results of networks by start, for each task and depth."""
    name = "lsc-3-scores"
    found = records(runs)
    tasks = [task for task in METRICS if any(each.task == task for each in found)]
    names = {task: name if len(tasks) == 1 else f"{name}-{task}" for task in tasks}
    out.begin(*names.values(), table=name)
    for task in tasks:
        of_task = [each for each in found if each.task == task]
        panels = {
            f"{depth} layers": {
                net: {
                    start: [each.score for each in runs]
                    for start, runs in by_start(
                        [e for e in of_task if (e.depth, e.net) == (depth, net)]
                    ).items()
                }
                for net in nets_of(of_task)
            }
            for depth in sorted({each.depth for each in of_task})
        }
        drawn = plotting.grouped_bars(
            panels,
            label=f"test {METRICS[task].replace('_', ' ')}",
            limits=LIMITS[task] if options.published_axes else None,
            title=task,
        )
        out.figure(names[task], drawn)
    out.table(name, HEAD, group_rows(found))


@figure("lsc-3-table")
def table(runs, options, out: Output) -> None:
    """Figure 3 (iii): test results and mean radii, struck out if off their target."""
    found = records(runs)
    out.begin("lsc-3-table")
    starts = starts_of(found)
    head, rows, struck, rules = ["", ""], [], set(), set()
    head += [text for start in starts for text in (start, "mean radius")]
    depths = distinct((each.task, each.depth) for each in found)
    for task, depth in sorted(depths):
        rules.add(len(rows))
        for net in nets_of(found):
            cells = [f"{task}, {depth} layers", net]
            of_net = [
                e for e in found if (e.task, e.depth, e.net) == (task, depth, net)
            ]
            for column, start in enumerate(starts):
                runs = [each for each in of_net if each.start == start]
                if any(each.missed for each in runs):
                    struck |= {(len(rows), 2 + 2 * column), (len(rows), 3 + 2 * column)}
                radii = [each.radius for each in runs if each.radius is not None]
                cells += [_entry([each.score for each in runs]), _entry(radii, 2)]
            if any(cells[2:]):
                rows.append(cells)
    drawn = plotting.score_table(head, rows, struck=struck, rules=rules - {0})
    out.save("lsc-3-table", drawn, HEAD, group_rows(found))


@figure("lsc-4")
def epochs(runs, options, out: Output) -> None:
    """Figure 4: validation results of each run over epochs, a panel for each depth."""
    found = records(runs)
    metric = _one_metric(found)
    out.begin("lsc-4")
    curves: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for each in sorted(found, key=lambda e: (e.depth, place(e.start), e.seed)):
        panel = curves[each.clipped].setdefault(f"{each.depth} layers", {})
        panel.setdefault(each.start, []).append(each.curve)
    drawn = plotting.epoch_panels(
        curves[False],
        dashed=curves[True],
        label=f"validation {metric}",
        title="dashed: gradients clipped" if curves[True] else "",
    )
    rows = (
        (each.depth, each.start, each.clipped, each.seed, epoch, value)
        for each in found
        for epoch, value in enumerate(each.curve, 1)
    )
    head = ("layers", "start", "clipped", "seed", "epoch", metric)
    out.save("lsc-4", drawn, head, rows)


@figure("lsc-table-1")
def table_1(runs, options, out: Output) -> None:
    """Table 1: validation and test results by depth, start and clipping."""
    found = records(runs)
    metric = _one_metric(found)
    out.begin("lsc-table-1")
    rows, numbers, bold, rules = [], [], set(), set()
    for depth in sorted({each.depth for each in found}):
        rules.add(len(rows))
        for clipped in (False, True):
            of_block = [e for e in found if (e.depth, e.clipped) == (depth, clipped)]
            first = len(rows)
            for start, block in by_start(of_block).items():
                both = [[e.validation for e in block], [e.score for e in block]]
                words = "default" if start == NONE else start
                words += " + clip" if clipped else ""
                rows.append([f"{depth} layers, {words}", *map(_entry, both)])
                means = [Mean.of(values) for values in both]
                values = [v for each in means for v in (each.mean, each.deviation)]
                numbers.append((depth, start, clipped, len(block), *values))
            bold |= _best(numbers, first, found[0].more_is_better)
    head = ("", f"validation {metric}", f"test {metric}")
    drawn = plotting.score_table(head, rows, bold=bold, rules=rules - {0})
    columns = ("validation", "validation std", "test", "test std")
    head = ("layers", "start", "clipped", "runs", *columns)
    out.save("lsc-table-1", drawn, head, numbers)


def _counted(values: Sequence[float]) -> tuple[int, float, float]:
    """Number, mean and deviation of values."""
    mean = Mean.of(values)
    return mean.count, mean.mean, mean.deviation


def _entry(values: Sequence[float], digits: int = 3) -> str:
    """`0.953 ± 0.002 (n = 4)`, or without a deviation for one value."""
    if not values:
        return ""
    mean = Mean.of(values)
    return mean.text(1 if abs(mean.mean) >= 10 else digits)


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
