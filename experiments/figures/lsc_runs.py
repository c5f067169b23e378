"""Figures of runs of networks that were made stable, or not, before training.

Herranz-Celotti and Rouat (2023), https://arxiv.org/abs/2308.12075.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from experiments.core.options import OptionError, option
from experiments.core.report import Mean
from experiments.figures._figure import Output, figure, plotting
from experiments.figures._records import (
    COMPARISONS,
    METRICS,
    NONE,
    Record,
    check_trained,
    grouped,
    records,
    start_of,
    wins,
)

HEAD = ("task", "layers", "net", "start", "runs", "metric", "mean", "std")
HEAD += ("mean radius", "std of radius", "target", "missed")


@figure("lsc-2")
def rates(runs, options, out: Output) -> None:
    """Figure 2: test accuracy of feed-forward networks over learning rates."""
    panels: dict[str, dict[str, dict[float, list[float]]]] = {}
    for run in runs:
        accuracy = check_trained(run, "ffn")["test"]["accuracy"]
        chosen = run.options
        start, _ = start_of(chosen, 1)
        if start == NONE:
            start = {"glorot": "Glorot", "he": "He"}[chosen["init"]]
        panel = panels.setdefault(f"{chosen['dataset']}, {chosen['activation']}", {})
        by_rate = panel.setdefault(start, {})
        by_rate.setdefault(chosen["learning_rate"], []).append(accuracy)
    panels = dict(sorted(panels.items()))
    out.begin("lsc-2")
    rows = (
        (*panel.split(", "), start, f"{rate:g}", len(values), *_spread(values))
        for panel, lines in panels.items()
        for start, by_rate in lines.items()
        for rate, values in sorted(by_rate.items())
    )
    head = ("dataset", "activation", "start", "learning rate", "runs", "mean", "std")
    out.save("lsc-2", plotting.rate_panels(panels), head, rows)


@figure("lsc-3-wins")
def won_pairs(runs, options, out: Output) -> None:
    """Figure 3 (i): how often networks with one start beat those with another."""
    found = records(runs)
    numbers = [
        (comparison, depth, *wins(found, comparison, depth))
        for comparison in COMPARISONS
        for depth in grouped(found, "depth")
    ]
    if not any(pairs for *_, pairs in numbers):
        raise OptionError(
            "the runs have no pair that differs in pre-training alone; expected runs "
            "of the same task, network, depth, sizes and seed"
        )
    out.begin("lsc-3-wins")
    bars: dict[str, dict[str, list[float]]] = {}
    rows = []
    for comparison, depth, won, pairs in numbers:
        name = comparison.replace(" better than ", "\nbetter than\n")
        percents = [100 * won / pairs] if pairs else []
        bar = bars.setdefault(name.replace(", ", ",\n"), {})
        bar[f"{depth} layers"] = percents
        percent = f"{percents[0]:.4g}" if pairs else "nan"
        rows.append((comparison, depth, pairs, won, percent))
    drawn = plotting.grouped_bars(
        {"": bars}, label="pairs of runs won, %", level=50.0, limits=(0.0, 100.0)
    )
    head = ("comparison", "layers", "pairs", "won", "percent")
    out.save("lsc-3-wins", drawn, head, rows)
    for comparison, depth, won, pairs in numbers:
        print(f"{comparison}, {depth} layers: {won} of {pairs}")


@figure("lsc-3-scores", published_axes=option(False, "the ends of the published axes"))
def scores(runs, options, out: Output) -> None:
    """Figure 3 (ii): test results of networks by start, for each task and depth."""
    name, found = "lsc-3-scores", records(runs)
    by_task = grouped(found, "task")
    tasks = [task for task in METRICS if task in by_task]
    names = {task: name if len(tasks) == 1 else f"{name}-{task}" for task in tasks}
    out.begin(*names.values(), table=name)
    for task in tasks:
        panels: dict[str, dict[str, dict[str, list[float]]]] = {}
        nets = grouped(by_task[task], "net")
        for (depth, net, start), group in grouped(
            by_task[task], "depth", "net", "start"
        ).items():
            panel = panels.setdefault(f"{depth} layers", {each: {} for each in nets})
            panel[net][start] = [each.score for each in group]
        metric, limits = METRICS[task]
        drawn = plotting.grouped_bars(
            panels,
            label=f"test {metric.replace('_', ' ')}",
            limits=limits if options.published_axes else None,
            title=task,
        )
        out.figure(names[task], drawn)
    out.table(name, HEAD, _group_rows(found))


@figure("lsc-3-table")
def table(runs, options, out: Output) -> None:
    """Figure 3 (iii): test results and mean radii, struck out if off their target."""
    found = records(runs)
    out.begin("lsc-3-table")
    columns = {start: 2 + 2 * n for n, start in enumerate(grouped(found, "start"))}
    head, rows, struck, rules = ["", ""], [], set(), {}
    head += [text for start in columns for text in (start, "mean radius")]
    for (task, depth, net), of_net in grouped(found, "task", "depth", "net").items():
        rules.setdefault((task, depth), len(rows))
        cells = [f"{task}, {depth} layers", net, *[""] * (len(head) - 2)]
        for start, group in grouped(of_net, "start").items():
            column = columns[start]
            if any(each.missed for each in group):
                struck |= {(len(rows), column), (len(rows), column + 1)}
            radii = [each.radius for each in group if each.radius is not None]
            cells[column] = _entry([each.score for each in group])
            cells[column + 1] = _entry(radii, 2)
        rows.append(cells)
    rules = {*rules.values()} - {0}
    drawn = plotting.score_table(head, rows, struck=struck, rules=rules)
    out.save("lsc-3-table", drawn, HEAD, _group_rows(found))


@figure("lsc-4")
def epochs(runs, options, out: Output) -> None:
    """Figure 4: validation results of each run over epochs, a panel for each depth."""
    found = records(runs)
    metric = _one_metric(found)
    out.begin("lsc-4")
    curves: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for (depth, start, _), group in grouped(found, "depth", "start", "seed").items():
        for each in group:
            panel = curves[each.clipped].setdefault(f"{depth} layers", {})
            panel.setdefault(start, []).append(each.curve)
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
    rows, numbers, bold, rules = [], [], set(), {}
    for (depth, clipped), block in grouped(found, "depth", "clipped").items():
        rules.setdefault(depth, len(rows))
        means, first = [], len(rows)
        for start, group in grouped(block, "start").items():
            both = [e.validation for e in group], [e.score for e in group]
            means.append([Mean.of(values).mean for values in both])
            words = "default" if start == NONE else start
            words += " + clip" if clipped else ""
            rows.append([f"{depth} layers, {words}", *map(_entry, both)])
            values = [value for each in both for value in _spread(each)]
            numbers.append((depth, start, clipped, len(group), *values))
        for column, values in enumerate(zip(*means, strict=True), 1):
            best = block[0].best(values)
            bold.add((first + values.index(best), column))
    head = ("", f"validation {metric}", f"test {metric}")
    rules = {*rules.values()} - {0}
    drawn = plotting.score_table(head, rows, bold=bold, rules=rules)
    columns = ("validation", "validation std", "test", "test std")
    head = ("layers", "start", "clipped", "runs", *columns)
    out.save("lsc-table-1", drawn, head, numbers)


def _group_rows(found: Iterable[Record]) -> list[tuple]:
    """A row for each task, depth, network and start, under `HEAD`."""
    rows = []
    for key, group in grouped(found, "task", "depth", "net", "start").items():
        radii = [each.radius for each in group if each.radius is not None]
        target = "" if group[0].target is None else group[0].target
        scores = _spread([each.score for each in group])
        row = (*key, len(group), group[0].metric, *scores, *_spread(radii))
        rows.append((*row, target, sum(each.missed for each in group)))
    return rows


def _spread(values: Sequence[float]) -> tuple:
    """Mean and deviation of values, or two empty cells of none."""
    if not values:
        return "", ""
    mean = Mean.of(values)
    return mean.mean, mean.deviation


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
