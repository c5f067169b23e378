"""Figures of what trained networks do: exponents, and information on their inputs.

Geadah et al. (2020), https://arxiv.org/abs/2006.12253.
"""

import math
from collections.abc import Iterator
from typing import Any

from experiments.core.options import OptionError, option
from experiments.core.report import Mean
from experiments.core.runs import RunFolder, has_gamma
from experiments.figures._figure import Output, analysis, figure, flat, numpy, plotting
from experiments.figures._runs import (
    Snapshot,
    batch_of,
    experiments_of,
    finished,
    of_one_experiment,
    snapshots,
)
from experiments.figures.gamma import by_shape

BASES = {"2": 2.0, "e": math.e, "10": 10.0}
STAGES = {
    "start": option(True, "also the network at its start, made anew (default: yes)"),
    "checkpoints": option(
        True, "also the networks of checkpoints that were kept (default: yes)"
    ),
}


@figure(
    "lyapunov",
    **STAGES,
    steps=option(1000, "steps to average over", low=1),
    burn_in=option(100, "steps before those; published is 0", low=0),
    count=option(100, "exponents to find at most, from the largest on", low=1),
    base=option("2", "base of the logarithm", choices=BASES),
    bias=option(False, "keep the bias of networks without gates; published is without"),
    frozen=option(False, "ANRU: hold gains and saturations; the neurons' states alone"),
    seed=option(1, "seed of the first directions", low=0),
)
def lyapunov(runs, options, out: Output) -> None:
    """Lyapunov exponents of runs without input, at the start and after training."""
    finished(runs)
    out.begin("lyapunov")
    ends: dict[str, dict] = {"start": {}, "trained": {}}
    largest, rows = {}, []
    for run in runs:
        times = {}
        for snapshot, spectrum in _spectra(run, options):
            pairs = [*zip(spectrum.exponents, spectrum.standard_errors, strict=True)]
            # A checkpoint of the epoch that training ended with says the same again.
            times[run.counted(snapshot.epoch)] = pairs[0]
            if snapshot.stage in ends:
                ends[snapshot.stage][run.label] = spectrum.exponents
            rows += [
                (run.label, snapshot.stage, snapshot.epoch, number, *pair)
                for number, pair in enumerate(pairs, 1)
            ]
        largest[run.label] = [(time, *pair) for time, pair in sorted(times.items())]
    drawn = plotting.lyapunov_spectra(
        ends["trained"],
        starts=ends["start"],
        largest=largest if options.start or options.checkpoints else None,
        base=BASES[options.base],
        title=experiments_of(runs),
        index="/".join(sorted({run.index for run in runs})),
    )
    head = ("run", "stage", "epoch", "number", "exponent", "standard_error")
    out.save("lyapunov", drawn, head, rows)
    width = max(map(len, ends["trained"]))
    print(f"\n{'':{width}}  largest exponent, start  trained")
    for label, values in ends["trained"].items():
        # The first is the largest but for what few steps leave undecided.
        start = ends["start"].get(label)
        before = "" if start is None else f"{start[0]:.4f}"
        print(f"{label:{width}}  {before:>23}  {values[0]:7.4f}")


@figure(
    "information",
    **STAGES,
    sequences=option(4, "sequences that are presented", low=1),
    neighbours=option(5, "of the mixed estimator, k", low=1),
)
def information(runs, options, out: Output) -> None:
    """Mutual information of presented inputs and states of runs of one experiment."""
    experiment = of_one_experiment(finished(runs))
    name = f"information-{experiment}"
    out.begin(name, f"{name}-shapes")
    import tensorflow

    # It warns of several networks, each of which it has to trace.
    tensorflow.get_logger().setLevel("ERROR")

    curves, last, numbers = {}, {}, []
    for run in runs:
        times = {}
        for snapshot, values in _information(run, options):
            mean = Mean.of(values)
            times[run.counted(snapshot.epoch)] = (mean.mean, mean.deviation)
            where = (run.label, snapshot.stage, snapshot.epoch)
            numbers += flat({where: values})
            last[run.label] = max(mean.mean, 0.0)  # the one after training
        curves[run.label] = [(time, *each) for time, each in sorted(times.items())]
    drawn = plotting.information_curves(curves, title=experiment, index=runs[0].index)
    head = ("run", "stage", "epoch", "sequence", "nats")
    out.save(name, drawn, head, numbers)
    shaped = [run for run in runs if has_gamma(run.options)]
    if len(shaped) > 1:
        at = by_shape(shaped, last)
        means = {shape: math.fsum(each) / len(each) for shape, each in at.items()}
        how = {"label": "mutual information, nats", "title": experiment}
        drawn = plotting.shape_map(means, **how)
        out.save(f"{name}-shapes", drawn, ("n", "s", "nats"), flat(means))


def _spectra(run: RunFolder, options) -> Iterator[tuple[Snapshot, Any]]:
    """Networks of a run in order of time, and their exponents; of checkpoints one."""
    for snapshot in snapshots(run, options):
        try:
            alone = analysis.autonomous_map(
                snapshot.layer, bias=options.bias, frozen=options.frozen
            )
            of_all = min(alone.state.size, options.count)
            spectrum = analysis.lyapunov_spectrum(
                alone.step,
                alone.state,
                steps=options.steps,
                count=1 if snapshot.stage == "epoch" else of_all,
                burn_in=options.burn_in,
                base=BASES[options.base],
                seed=options.seed,
            )
        except ValueError as error:
            raise OptionError(f"{run.path}: {error}") from error
        yield snapshot, spectrum


def _information(run: RunFolder, options) -> Iterator[tuple[Snapshot, list[float]]]:
    """Networks of a run in order of time, and the information of some sequences."""
    inputs = numpy.asarray(batch_of(run, options.sequences)[0])
    if inputs.ndim != 3:
        raise OptionError(f"{run.path} reads a text; expected a run of sequences")
    for snapshot in snapshots(run, options):
        states = analysis.layer_states(snapshot.layer, inputs)
        try:
            values = [
                analysis.mixed_ksg(x, y, options.neighbours)
                for x, y in zip(inputs, states, strict=True)
            ]
        except (ValueError, ImportError) as error:
            raise OptionError(f"{run.path}: {error}") from error
        yield snapshot, values
