"""Figures of Orhan and Pitkow (2020), https://arxiv.org/abs/1905.13715, and beyond.

Linear networks, what trained networks became, and what their matrices hide.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.core.options import OptionError, option
from experiments.core.report import Mean
from experiments.core.runs import RunFolder, repeats
from experiments.figures._figure import Output, analysis, figure, numpy, plotting
from experiments.figures._runs import (
    each_layer,
    load,
    load_layers,
    title_of,
    without_gates,
)

# Not published; those of the library, and what the copy task was best with.
CHAIN, FORWARD, FEEDBACK, NOISE = 1.02, 0.99, 0.04, 0.1
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
    steps = options.steps
    networks = _networks(options.units, options.seed)
    # With a horizon the normal ones, of gain 1, have a memory, too; it sums up to 1.
    memories = {
        kind: analysis.fisher_memory_curve(matrix, source=source, horizon=steps)
        for kind, (matrix, source) in networks.items()
    }
    norms = {
        kind: analysis.signal_norms(matrix, steps, source)
        for kind, (matrix, source) in networks.items()
    }
    matrices = {kind: matrix for kind, (matrix, _) in networks.items()}
    rows = (
        (kind, k, memories[kind][k], norms[kind][k])
        for kind in networks
        for k in range(steps)
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
    found = _networks(units, options.seed, chain=1.0)
    networks = {kind: found[kind] for kind in ("chain", "orthogonal")}
    how: dict[str, dict[str, Any]] = {
        "linear": {},
        "linear, noise": {"noise": NOISE, "seed": options.seed + 1},
        "elu": {"activation": _elu},
    }
    panels = {
        title: {
            kind: analysis.delayed_reconstruction(
                analysis.states_after(matrix, signals, source, **settings), signals
            )
            for kind, (matrix, source) in networks.items()
        }
        for title, settings in how.items()
    }
    rows = (
        (title, kind, delay, score)
        for title, curves in panels.items()
        for kind, scores in curves.items()
        for delay, score in enumerate(scores)
    )
    drawn = plotting.reconstruction_curves(panels)
    out.save("starts-2", drawn, ("panel", "network", "delay", "R2"), rows)


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
            rows += [
                (task, kind, run.options.get("seed"), epoch, value)
                for epoch, value in enumerate(curves[run.path], start=1)
            ]
    drawn = plotting.best_settings(losses, counts, levels=levels)
    out.save("starts-3", drawn, ("task", "start", "seed", "epoch", "val_loss"), rows)
    print("\ntask        start         successes")
    for task, kinds in counts.items():
        for kind, (won, of) in kinds.items():
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
            layer = _layer(load_layers(files[run.path]), options.layer, run)
            for gate, profile in analysis.peak_order_profiles(layer).items():
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
            for row, entries in enumerate(found.triangle)
            for column, entry in enumerate(entries)
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
            (x, y, found.distance[j, i])
            for j, y in enumerate(found.imaginary)
            for i, x in enumerate(found.real)
        )
        drawn = plotting.pseudospectra(found, values, title=title_of(run))
        out.save(name, drawn, ("real", "imaginary", "distance"), rows)


def _networks(
    units: int, seed: int, chain: float = CHAIN
) -> Mapping[str, tuple[Any, Any]]:
    """Four networks in column form, and where their input enters."""
    rng = numpy.random.default_rng(seed)
    q, r = numpy.linalg.qr(rng.standard_normal((units, units)))
    anywhere = rng.standard_normal(units)
    anywhere /= numpy.linalg.norm(anywhere)
    feedback = analysis.delay_line(units, FORWARD) + FEEDBACK * numpy.eye(units, k=1)
    return {
        "identity": (numpy.eye(units), anywhere),
        "orthogonal": (q * numpy.sign(numpy.diag(r)), anywhere),
        "chain": (analysis.delay_line(units, chain), None),
        "fbchain": (feedback, None),
    }


def _elu(x):

    return numpy.where(x > 0, x, numpy.expm1(numpy.minimum(x, 0.0)))


def _groups(runs: Sequence[RunFolder]) -> list[tuple[str, str, list[RunFolder]]]:
    """Runs by task and by how their networks began, in the order of the first."""
    found: dict[tuple[str, str], list[RunFolder]] = {}
    for run in runs:
        start = run.options.get("init") or run.options.get("start")
        kind = str(start or run.options.get("net_type") or "run")
        found.setdefault((run.experiment, kind), []).append(run)
    return [(*names, group) for names, group in found.items()]


def _stacked(profiles: Sequence[Any], group: Sequence[RunFolder]) -> Any:

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


def _layer(layers: Sequence[Any], number: int | None, run: RunFolder) -> Any:
    """The one of this number from the input on; by default the middle one."""
    if number is None:
        return layers[len(layers) // 2]
    if number > len(layers):
        raise OptionError(
            f"--layer: {run.path} has {len(layers)} recurrent layers, received {number}"
        )
    return layers[number - 1]
