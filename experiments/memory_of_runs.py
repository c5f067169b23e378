"""Figures of Orhan and Pitkow (2020) and others: of what trained networks became."""

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.core.runs import RunFolder, repeats, run_folders
from experiments.core.statistics import Mean
from experiments.figure_folder import FigureFolder
from experiments.launch import load_tensorflow
from experiments.options import OptionError
from experiments.run_figures import one_each


def starts_3(options, out: FigureFolder) -> None:
    """Starts, figure 3: losses of best settings, and counts of successes, as CSV."""
    name = "starts-3"
    runs = run_folders(options.runs)
    histories = {run.label: run.history() for run in runs}
    for run in runs:
        if "val_loss" not in histories[run.label][0]:
            raise OptionError(f"{run.path} has no val_loss; expected one that does")
    out.reserve(name)
    load_tensorflow()
    from keras_nonnormal.plotting import best_settings

    losses: dict[str, dict[str, list]] = {}
    counts: dict[str, dict[str, tuple[int, int]]] = {}
    levels, rows = {}, []
    for task, kind, group in _groups(runs):
        curves = {
            run.path: [row["val_loss"] for row in histories[run.label]] for run in group
        }
        best = _best_setting(group, {path: min(x) for path, x in curves.items()})
        losses.setdefault(task, {})[kind] = [curves[run.path] for run in best]
        won = sum(bool(run.summary().get("success")) for run in group)
        counts.setdefault(task, {})[kind] = (won, len(group))
        for run in best:
            if level := run.summary().get("trivial_loss"):
                levels[task] = level
            rows += [
                (task, kind, run.options.get("seed"), epoch, value)
                for epoch, value in enumerate(curves[run.path], start=1)
            ]
    out.figure(name, best_settings(losses, counts, levels=levels))
    out.table(name, ("task", "start", "seed", "epoch", "val_loss"), rows)
    print("\ntask        start         successes")
    for task, kinds in counts.items():
        for kind, (won, of) in kinds.items():
            print(f"{task:10}  {kind:12}  {won} of {of}")


def starts_5(options, out: FigureFolder) -> None:
    """Starts, figure 5 and table 2: weights in the order of peaks, Henrici index."""
    name = "starts-5"
    runs = run_folders(options.runs)
    if not options.all:
        runs = [run for run in runs if run.summary().get("success")]
        if not runs:
            raise OptionError(
                "none of the runs is a success; with --all all of them are drawn"
            )
    files = {run.path: run.model for run in runs}
    out.reserve(name, "starts-table-2")
    load_tensorflow()
    from experiments.trained import load
    from keras_nonnormal.analysis import layer_henrici_indices, peak_order_profiles
    from keras_nonnormal.plotting import weight_profiles

    panels: dict[str, dict[str, Any]] = {}
    indices: list[tuple[str, str, int, float, float]] = []
    for task, kind, group in _groups(runs):
        layers = [load(files[run.path])[1] for run in group]
        found = [_only(peak_order_profiles(each), group[0]) for each in layers]
        panels.setdefault(task, {})[kind] = _stacked(found, group)
        found = Mean.of(
            _only(layer_henrici_indices(layer, relative=False), group[0])
            for layer in layers
        )
        indices.append((task, kind, found.count, found.mean, found.error))
    out.figure(name, weight_profiles(panels, reach=options.reach))
    out.table(name, PROFILE_HEAD, _profile_rows(panels))
    head = ("task", "start", "runs", "henrici_index", "standard_error")
    out.table("starts-table-2", head, indices)
    print("\ntask        start         Henrici index (runs)")
    for task, kind, count, mean, error in indices:
        print(f"{task:10}  {kind:12}  {mean:6.2f} +- {error:.2f}  ({count})")


def starts_6(options, out: FigureFolder) -> None:
    """Starts, figure 6: weights of the gates of LSTMs in the order of peaks, as CSV."""
    name = "starts-6"
    runs = run_folders(options.runs)
    files = {run.path: run.model for run in runs}
    out.reserve(name)
    load_tensorflow()
    from experiments.trained import load_layers
    from keras_nonnormal.analysis import peak_order_profiles
    from keras_nonnormal.plotting import weight_profiles

    panels: dict[str, dict[str, Any]] = {}
    for _, kind, group in _groups(runs):
        found: dict[str, list] = {}
        for run in group:
            layers = load_layers(files[run.path])
            layer = _layer(layers, options.layer, run)
            for gate, profile in peak_order_profiles(layer).items():
                found.setdefault(gate, []).append(profile)
        for gate, profiles in found.items():
            title = WORDS.get(gate, gate)
            panels.setdefault(title, {})[kind] = _stacked(profiles, group)
    out.figure(name, weight_profiles(panels, reach=options.reach))
    out.table(name, ("gate", *PROFILE_HEAD[1:]), _profile_rows(panels))


def schur(options, out: FigureFolder) -> None:
    """Schur forms of runs: the feed-forward network each hides; a figure each."""
    runs, files, names = _one_each("schur", options, out)
    from experiments.trained import load
    from keras_nonnormal.analysis import recurrent_matrices, schur_decomposition
    from keras_nonnormal.plotting import schur_heat_map

    for run, file, name in zip(runs, files, names, strict=True):
        matrix = _only(recurrent_matrices(load(file)[1]), run)
        try:
            found = schur_decomposition(matrix)
        except (ImportError, ValueError) as error:
            raise OptionError(f"{run.path}: {error}") from error
        figure = schur_heat_map(found, title=f"{run.experiment}: {run.label}")
        out.figure(name, figure)
        units = range(len(matrix))
        rows = (
            (
                row,
                column,
                found.triangle[row, column].real,
                found.triangle[row, column].imag,
            )
            for row in units
            for column in units[row:]
        )
        out.table(name, ("row", "column", "real", "imaginary"), rows)


def pseudospectrum(options, out: FigureFolder) -> None:
    """Pseudospectra of runs: what may be eigenvalues after a change; a figure each."""
    runs, files, names = _one_each("pseudospectrum", options, out)
    from experiments.trained import load
    from keras_nonnormal.analysis import (
        layer_spectra,
        pseudospectrum,
        recurrent_matrices,
    )
    from keras_nonnormal.plotting import pseudospectra

    for run, file, name in zip(runs, files, names, strict=True):
        _, layer = load(file)
        matrix = _only(recurrent_matrices(layer), run)
        found = pseudospectrum(matrix, points=options.points)
        values = layer_spectra(layer, check=False)["recurrent"]
        title = f"{run.experiment}: {run.label}"
        out.figure(name, pseudospectra(found, values, title=title))
        rows = (
            (x, y, found.distance[j, i])
            for j, y in enumerate(found.imaginary)
            for i, x in enumerate(found.real)
        )
        out.table(name, ("real", "imaginary", "distance"), rows)


PROFILE_HEAD = ("task", "start", "run", "offset", "mean_weight")
WORDS = {
    "i": "input gate i",
    "f": "forget gate f",
    "c": "update c",
    "o": "output gate o",
}


def _groups(runs: Sequence[RunFolder]) -> list[tuple[str, str, list[RunFolder]]]:
    """Runs by task and by how their networks began, in the order of the first."""
    found: dict[tuple[str, str], list[RunFolder]] = {}
    for run in runs:
        start = run.options.get("init") or run.options.get("start")
        kind = str(start or run.options.get("net_type") or "run")
        found.setdefault((run.experiment, kind), []).append(run)
    return [(*names, group) for names, group in found.items()]


def _best_setting(
    runs: Sequence[RunFolder], losses: Mapping[Any, float]
) -> list[RunFolder]:
    """The runs of the setting whose mean of the best losses is lowest."""
    settings = repeats(runs)
    most = max(map(len, settings))
    # A setting with fewer seeds may just have been lucky.
    candidates = [group for group in settings if len(group) == most]
    return min(candidates, key=lambda group: sum(losses[run.path] for run in group))


def _stacked(profiles: Sequence[Any], group: Sequence[RunFolder]) -> Any:
    import numpy

    if len({len(each) for each in profiles}) > 1:
        paths = ", ".join(str(run.path) for run in group)
        raise OptionError(f"expected runs with the same number of units, of {paths}")
    return numpy.stack(profiles)


def _profile_rows(panels: Mapping[str, Mapping[str, Any]]):
    return (
        (title, kind, number, place - (len(profile) - 1) // 2, value)
        for title, groups in panels.items()
        for kind, profiles in groups.items()
        for number, profile in enumerate(profiles, start=1)
        for place, value in enumerate(profile)
    )


def _only(values: Mapping[str, Any], run: RunFolder) -> Any:
    if len(values) > 1:
        raise OptionError(
            f"{run.path} has gates; expected a run of a network without gates"
        )
    return next(iter(values.values()))


def _layer(layers: Sequence[Any], number: int | None, run: RunFolder) -> Any:
    """The one of this number from the input on; by default the middle one."""
    if number is None:
        return layers[len(layers) // 2]
    if number > len(layers):
        raise OptionError(
            f"--layer: {run.path} has {len(layers)} recurrent layers, received {number}"
        )
    return layers[number - 1]


def _one_each(kind: str, options, out: FigureFolder):
    runs = run_folders(options.runs)
    files = [run.model for run in runs]
    names = one_each(kind, runs)
    out.reserve(*names)
    load_tensorflow()
    return runs, files, names
