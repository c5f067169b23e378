"""Figures of what trained networks do: exponents, and information on their inputs."""

from typing import Any

from experiments.figure_folder import FigureFolder
from experiments.launch import load_tensorflow
from experiments.options import OptionError
from experiments.run_folders import (
    RunFolder,
    finished,
    of_one_experiment,
    run_folders,
)
from experiments.run_labels import has_gamma

BASES = {"2": 2.0, "e": 2.718281828459045, "10": 10.0}


def lyapunov(options, out: FigureFolder) -> None:
    """Lyapunov exponents of runs without input, at the start and after training."""
    runs = finished(run_folders(options.runs))
    name = "lyapunov"
    out.reserve(name)
    load_tensorflow()
    from keras_nonnormal.plotting import lyapunov_spectra

    trained, starts, largest, rows = {}, {}, {}, []
    for run in runs:
        times = []
        for snapshot, spectrum in _spectra(run, options):
            count = run.counted(snapshot.epoch)
            values, errors = spectrum.exponents, spectrum.standard_errors
            times.append((count, values[0], errors[0]))
            if snapshot.stage != "epoch":
                found = trained if snapshot.stage == "trained" else starts
                found[run.label] = values
            rows += [
                (run.label, snapshot.stage, snapshot.epoch, number, *pair)
                for number, pair in enumerate(zip(values, errors, strict=True), 1)
            ]
        # A checkpoint of the epoch that training ended with says the same again.
        largest[run.label] = sorted({row[0]: row for row in times}.values())
    figure = lyapunov_spectra(
        trained,
        starts=starts,
        largest=largest if options.start or options.checkpoints else None,
        base=BASES[options.base],
        title=", ".join(sorted({run.experiment for run in runs})),
        index="/".join(sorted({run.index for run in runs})),
    )
    out.figure(name, figure)
    head = ("run", "stage", "epoch", "number", "exponent", "standard_error")
    out.table(name, head, rows)
    width = max(map(len, trained))
    print(f"\n{'':{width}}  largest exponent, start  trained")
    for label, values in trained.items():
        # The first is the largest but for what few steps leave undecided.
        before = f"{starts[label][0]:.4f}" if label in starts else ""
        print(f"{label:{width}}  {before:>23}  {values[0]:7.4f}")


def information(options, out: FigureFolder) -> None:
    """Mutual information of presented inputs and states of runs of one experiment."""
    runs = finished(run_folders(options.runs))
    experiment = of_one_experiment(runs)
    name, over_shapes = f"information-{experiment}", f"information-{experiment}-shapes"
    out.reserve(name, over_shapes)
    load_tensorflow()
    import numpy
    import tensorflow

    from keras_nonnormal.plotting import information_curves, shape_map

    # It warns of several networks, each of which it has to trace.
    tensorflow.get_logger().setLevel("ERROR")

    rows, last, numbers = {}, {}, []
    for run in runs:
        rows[run.label] = []
        for snapshot, values in _information(run, options):
            mean, spread = float(numpy.mean(values)), float(numpy.std(values))
            rows[run.label].append((run.counted(snapshot.epoch), mean, spread))
            numbers += [
                (run.label, snapshot.stage, snapshot.epoch, number, value)
                for number, value in enumerate(values)
            ]
            last[run.label] = mean  # the one after training
        rows[run.label] = sorted({row[0]: row for row in rows[run.label]}.values())
    figure = information_curves(rows, title=experiment, index=runs[0].index)
    out.figure(name, figure)
    out.table(name, ("run", "stage", "epoch", "sequence", "nats"), numbers)
    shaped = [run for run in runs if has_gamma(run.options)]
    if len(shaped) > 1:
        from experiments.shape_figures import start_shape

        at: dict[tuple[float, float], list[float]] = {}
        for run in shaped:
            at.setdefault(start_shape(run), []).append(max(last[run.label], 0.0))
        means = {shape: float(numpy.mean(each)) for shape, each in at.items()}
        label = "mutual information, nats"
        figure = shape_map(means, label=label, title=experiment)
        out.figure(over_shapes, figure)
        table = ((*shape, value) for shape, value in means.items())
        out.table(over_shapes, ("n", "s", "nats"), table)


def _spectra(run: RunFolder, options):
    """Networks of a run in order of time, and their exponents.

    Of checkpoints only the largest exponent is found.
    """
    from keras_nonnormal.analysis import autonomous_map, lyapunov_spectrum

    for snapshot in _snapshots(run, options):
        try:
            autonomous = autonomous_map(
                snapshot.layer, bias=options.bias, frozen=options.frozen
            )
            size = autonomous.state.size
            count = 1 if snapshot.stage == "epoch" else min(size, options.count)
            spectrum = lyapunov_spectrum(
                autonomous.step,
                autonomous.state,
                steps=options.steps,
                count=count,
                burn_in=options.burn_in,
                base=BASES[options.base],
                seed=options.seed,
            )
        except (OptionError, ValueError) as error:
            raise OptionError(f"{run.path}: {error}") from error
        yield snapshot, spectrum


def _information(run: RunFolder, options):
    """Networks of a run in order of time, and the information of some sequences."""
    import numpy

    from experiments.trained import batch_of, states_of
    from keras_nonnormal.analysis import mixed_ksg

    inputs, _ = batch_of(run, options.sequences)
    inputs = numpy.asarray(inputs)
    if inputs.ndim != 3:
        raise OptionError(f"{run.path} reads a text; expected a run of sequences")
    for snapshot in _snapshots(run, options):
        states = states_of(snapshot.layer, inputs)
        try:
            values = [
                mixed_ksg(x, y, options.neighbours)
                for x, y in zip(inputs, states, strict=True)
            ]
        except (ValueError, ImportError) as error:
            raise OptionError(f"{run.path}: {error}") from error
        yield snapshot, values


def _snapshots(run: RunFolder, options) -> Any:
    """The networks that options ask for; the trained one is always there, last."""
    from experiments import snapshots

    first = snapshots.start(run) if options.start else None
    if first:
        yield first
    if options.checkpoints:
        yield from snapshots.kept(run, first)
    yield snapshots.trained(run)
