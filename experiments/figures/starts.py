"""Figures of Orhan and Pitkow (2020), https://arxiv.org/abs/1905.13715, and beyond.

Linear networks, what trained networks became, and what their matrices hide.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from experiments.core.options import OptionError, option
from experiments.core.report import Mean, gathered
from experiments.core.runs import RunFolder, repeats
from experiments.figures._figure import Output, analysis, figure, flat, numpy, plotting
from experiments.figures._runs import (
    each_layer,
    load,
    load_layers,
    title_of,
    without_gates,
)

NOISE = 0.1  # not published
SEED = {"seed": option(1, "seed of matrices and signals", low=0)}
UNITS = {"units": option(100, "units", low=1)}
REACH = {"reach": option(50, "offsets to show", low=1)}
PROFILE_HEAD = ("task", "start", "run", "offset", "mean_weight")
GATES = {"i": "input gate i", "f": "forget gate f", "c": "update c"}
GATES |= {"o": "output gate o"}


@figure("starts-1", **UNITS, steps=option(150, "time steps", low=1), **SEED)
def starts_1(options, out: Output) -> None:
    """Starts, figure 1: four linear networks, their memory, and transients, as CSV."""
    out.begin("starts-1")
    networks = analysis.memory_networks(options.units, seed=options.seed)
    matrices, memories, norms = {}, {}, {}
    for kind, (matrix, source) in networks.items():
        matrices[kind] = matrix
        # With a horizon the normal ones, of gain 1, have a memory, too; it sums to 1.
        memories[kind] = analysis.fisher_memory_curve(
            matrix, source=source, horizon=options.steps
        )
        norms[kind] = analysis.signal_norms(matrix, options.steps, source)
    rows = flat(
        {kind: zip(memories[kind], norms[kind], strict=True) for kind in networks}
    )
    drawn = plotting.network_memory(matrices, memories, norms)
    out.save("starts-1", drawn, ("network", "k", "J", "norm"), rows)
    print(f"\n{'':12}  J_tot  largest norm")
    for kind in networks:
        print(f"{kind:12}  {memories[kind].sum():5.2f}  {norms[kind].max():12.2f}")


@figure(
    "starts-2",
    **UNITS,
    trials=option(4000, "sequences, half of them to fit", low=1),
    **SEED,
)
def starts_2(options, out: Output) -> None:
    """Starts, figure 2: how well past inputs can be read off a state, as CSV."""
    units, fewest = options.units, 2 * options.units + 2
    if options.trials < fewest:
        raise OptionError(
            f"--trials: expected at least {fewest} for {units} units, received "
            f"{options.trials}"
        )
    out.begin("starts-2")
    rng = numpy.random.default_rng(options.seed)
    signals = rng.standard_normal((options.trials, units))
    found = analysis.memory_networks(units, chain=1.0, seed=options.seed)
    how: dict[str, dict[str, Any]] = {
        "linear": {},
        "linear, noise": {"noise": NOISE, "seed": options.seed + 1},
        "elu": {"activation": _elu},
    }
    panels: dict[str, dict[str, Any]] = {title: {} for title in how}
    for title, settings in how.items():
        for kind in ("chain", "orthogonal"):
            matrix, source = found[kind]
            states = analysis.states_after(matrix, signals, source, **settings)
            panels[title][kind] = analysis.delayed_reconstruction(states, signals)
    drawn, head = plotting.reconstruction_curves(panels), ("panel", "network", "delay")
    out.save("starts-2", drawn, (*head, "R2"), flat(panels))


@figure("starts-3")
def starts_3(runs, options, out: Output) -> None:
    """Starts, figure 3: losses of best settings, and counts of successes, as CSV."""
    curves = {run.path: [r.get("val_loss") for r in run.history()] for run in runs}
    for run in runs:
        if curves[run.path][0] is None:
            raise OptionError(f"{run.path} has no val_loss; expected one that does")
    out.begin("starts-3")
    losses: dict[str, dict[str, list]] = {}
    counts: dict[str, dict[str, tuple[int, int]]] = {}
    levels, rows = {}, []
    for task, kind, group in _groups(runs):
        settings = repeats(group)
        most = max(map(len, settings))
        # A setting with fewer seeds may just have been lucky.
        best = min(
            (each for each in settings if len(each) == most),
            key=lambda each: sum(min(curves[run.path]) for run in each),
        )
        losses.setdefault(task, {})[kind] = [curves[run.path] for run in best]
        won = sum(bool(run.summary().get("success")) for run in group)
        counts.setdefault(task, {})[kind] = (won, len(group))
        for run in best:
            if level := run.summary().get("trivial_loss"):
                levels[task] = level
            where = (task, kind, run.options.get("seed"))
            rows += flat({where: dict(enumerate(curves[run.path], 1))})
    drawn = plotting.best_settings(losses, counts, levels=levels)
    out.save("starts-3", drawn, ("task", "start", "seed", "epoch", "val_loss"), rows)
    print("\ntask        start         successes")
    for task, kind, won, of in flat(counts):
        print(f"{task:10}  {kind:12}  {won} of {of}")


@figure("starts-5", all=option(False, "also runs that did not succeed"), **REACH)
def starts_5(runs, options, out: Output) -> None:
    """Starts, figure 5 and table 2: weights in the order of peaks, Henrici index."""
    if not options.all:
        runs = [run for run in runs if run.summary().get("success")]
        if not runs:
            raise OptionError(
                "none of the runs is a success; with --all all of them are drawn"
            )
    files = {run.path: run.model for run in runs}
    out.begin("starts-5", table="starts-table-2")
    panels: dict[str, dict[str, Any]] = {}
    indices: list[tuple[str, str, Mean]] = []
    for task, kind, group in _groups(runs):
        profiles, found = [], []
        for run in group:
            _, layer = load(files[run.path])
            profiles.append(without_gates(analysis.peak_order_profiles(layer), run))
            index = analysis.layer_henrici_indices(layer, relative=False)
            found.append(without_gates(index, run))
        panels.setdefault(task, {})[kind] = _stacked(profiles, group)
        indices.append((task, kind, Mean.of(found)))
    drawn = plotting.weight_profiles(panels, reach=options.reach)
    out.save("starts-5", drawn, PROFILE_HEAD, _profile_rows(panels))
    head = ("task", "start", "runs", "absolute_henrici_index", "standard_error")
    rows = ((*names, each.count, each.mean, each.error) for *names, each in indices)
    out.table("starts-table-2", head, rows)
    print("\ntask        start         absolute Henrici index ± standard error (runs)")
    for task, kind, mean in indices:
        value = f"{mean.mean:6.2f} ± {mean.error:.2f}"
        print(f"{task:10}  {kind:12}  {value}  ({mean.count})")


@figure(
    "starts-6",
    layer=(
        int | None,
        option(None, "which one, from the input on (default: middle)", low=1),
    ),
    **REACH,
)
def starts_6(runs, options, out: Output) -> None:
    """Starts, figure 6: weights of the gates of LSTMs in the order of peaks, as CSV."""
    files = {run.path: run.model for run in runs}
    out.begin("starts-6")
    panels: dict[str, dict[str, Any]] = {}
    for _, kind, group in _groups(runs):
        found: dict[str, list] = {}
        for run in group:
            _, layers = load_layers(files[run.path])
            number = options.layer or len(layers) // 2 + 1
            if number > len(layers):
                raise OptionError(
                    f"--layer: {run.path} has {len(layers)} recurrent layers, "
                    f"received {number}"
                )
            profiles = analysis.peak_order_profiles(layers[number - 1])
            for gate, profile in profiles.items():
                found.setdefault(GATES.get(gate) or gate, []).append(profile)
        for gate, profiles in found.items():
            panels.setdefault(gate, {})[kind] = _stacked(profiles, group)
    drawn = plotting.weight_profiles(panels, reach=options.reach)
    out.save("starts-6", drawn, ("gate", *PROFILE_HEAD[1:]), _profile_rows(panels))


@figure("schur")
def schur(runs, options, out: Output) -> None:
    """Schur forms of runs: the feed-forward network each hides; a figure each."""
    for run, layer, name in each_layer("schur", runs, out):
        matrix = without_gates(analysis.recurrent_matrices(layer), run)
        try:
            found = analysis.schur_decomposition(matrix)
        except (ImportError, ValueError) as error:
            raise OptionError(f"{run.path}: {error}") from error
        rows = (
            (row, column, entry.real, entry.imag)
            for row, column, entry in flat(found.triangle)
            if column >= row
        )
        drawn = plotting.schur_heat_map(found, title=title_of(run))
        out.save(name, drawn, ("row", "column", "real", "imaginary"), rows)


@figure("pseudospectrum", points=option(61, "grid, each way", low=1))
def pseudospectrum(runs, options, out: Output) -> None:
    """Pseudospectra of runs: what may be eigenvalues after a change; a figure each."""
    for run, layer, name in each_layer("pseudospectrum", runs, out):
        matrix = without_gates(analysis.recurrent_matrices(layer), run)
        found = analysis.pseudospectrum(matrix, points=options.points)
        values = analysis.layer_spectra(layer, check=False)["recurrent"]
        rows = (
            (found.real[i], found.imaginary[j], distance)
            for j, i, distance in flat(found.distance)
        )
        drawn = plotting.pseudospectra(found, values, title=title_of(run))
        out.save(name, drawn, ("real", "imaginary", "distance"), rows)


def _elu(x):
    return numpy.where(x > 0, x, numpy.expm1(numpy.minimum(x, 0.0)))


def _groups(runs: Sequence[RunFolder]) -> list[tuple[str, str, list[RunFolder]]]:
    """Runs by task and by how their networks began, in the order of the first."""

    def kind(options: Mapping[str, Any]) -> str:
        names = ("init", "start", "net_type")
        return str(next(filter(None, map(options.get, names)), "run"))

    found = gathered(((run.experiment, kind(run.options)), run) for run in runs)
    return [(*names, group) for names, group in found.items()]


def _stacked(profiles: Sequence[Any], group: Sequence[RunFolder]) -> Any:
    """Profiles of as many units as one array; refuses others."""
    if len({len(each) for each in profiles}) > 1:
        paths = ", ".join(str(run.path) for run in group)
        raise OptionError(f"expected runs with the same number of units, of {paths}")
    return numpy.stack(profiles)


def _profile_rows(panels: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple]:
    """The rows of a table of profiles, whose middle is the offset 0."""
    for title, kind, number, place, value in flat(panels):
        middle = (panels[title][kind].shape[1] - 1) // 2
        yield title, kind, number + 1, place - middle, value
