"""Figures of run directories."""

from collections.abc import Sequence

from experiments.core.runs import (
    RunFolder,
    metric_of_all,
    of_one_experiment,
    run_folders,
)
from experiments.figure_folder import FigureFolder
from experiments.launch import load_tensorflow
from experiments.options import OptionError

# Metrics of a network itself, not of what it does to data.
OF_WEIGHTS = {"spectral_norm": "spectral norm of the recurrent matrix"}


def curves(options, out: FigureFolder) -> None:
    """Figures 2 to 5: a metric of several runs of one experiment over time."""
    runs = run_folders(options.runs)
    experiment = of_one_experiment(runs)
    histories = {run.label: run.history() for run in runs}
    metric = metric_of_all(histories, options.metric)
    words = metric.replace("task_", "")
    name = f"{experiment}-{words}".replace("_", "-")
    out.reserve(name)
    load_tensorflow()
    from keras_nonnormal.plotting import learning_curves

    levels = {run.summary().get("trivial_loss") for run in runs}
    over_updates = all("update" in rows[0] for rows in histories.values())
    figure = learning_curves(
        histories,
        metric=metric,
        label=axis_label(words),
        index="update" if over_updates else "epoch",
        trivial_loss=levels.pop() if "loss" in metric and len(levels) == 1 else None,
        title=experiment,
    )
    out.figure(name, figure)
    index = "update" if over_updates else "epoch"
    numbers = (
        (label, row[index], row[metric])
        for label, rows in histories.items()
        for row in rows
        if metric in row
    )
    out.table(name, ("run", index, metric), numbers)


def theta(options, out: FigureFolder) -> None:
    """Theta of runs of nnRNN, with its angles: a figure for each run."""
    runs = run_folders(options.runs)
    files = [run.model for run in runs]
    names = one_each("theta", runs)
    out.reserve(*names)
    load_tensorflow()
    from experiments.trained import SchurForm, load
    from keras_nonnormal.plotting import theta_heat_map

    for run, file, name in zip(runs, files, names, strict=True):
        schur = SchurForm.of(load(file)[1])
        if schur is None:
            raise OptionError(f"{run.path} has no Theta; expected a run of nnRNN")
        title = f"{run.experiment}: {run.label}"
        figure = theta_heat_map(
            schur.matrix(), schur.theta, limit=options.limit, title=title
        )
        out.figure(name, figure)
        drawn = schur.matrix().T
        numbers = (
            (to, source, drawn[to, source])
            for to in range(len(drawn))
            for source in range(len(drawn))
        )
        out.table(name, ("to_mode", "from_mode", "entry"), numbers)


def spectrum(options, out: FigureFolder) -> None:
    """Eigenvalues of several runs in one figure, moduli and angles of nnRNN."""
    runs = run_folders(options.runs)
    files = [run.model for run in runs]
    out.reserve("spectrum")
    load_tensorflow()
    from experiments.trained import SchurForm, load, spectrum_of
    from keras_nonnormal.plotting import spectra

    layers = {r.label: load(file)[1] for r, file in zip(runs, files, strict=True)}
    found = {label: spectrum_of(layer) for label, layer in layers.items()}
    starts = {}
    if options.start:
        from experiments.snapshots import start

        starts = {run.label: spectrum_of(start(run).layer)[0] for run in runs}
    schurs = {label: SchurForm.of(layer) for label, layer in layers.items()}
    figure = spectra(
        {label: eigenvalues for label, (eigenvalues, _) in found.items()},
        starts=starts,
        gammas={label: schur.gamma for label, schur in schurs.items() if schur},
        thetas={label: schur.theta for label, schur in schurs.items() if schur},
        title=", ".join(sorted({run.experiment for run in runs})),
    )
    out.figure("spectrum", figure)
    stages = {"start": starts, "trained": {k: v for k, (v, _) in found.items()}}
    numbers = (
        (label, stage, value.real, value.imag)
        for stage, spectra_of in stages.items()
        for label, values in spectra_of.items()
        for value in values
    )
    out.table("spectrum", ("run", "stage", "real", "imaginary"), numbers)
    width = max(map(len, found))
    print(f"\n{'':{width}}  spectral radius  Henrici index")
    for label, (eigenvalues, index) in found.items():
        print(f"{label:{width}}  {abs(eigenvalues).max():15.4f}  {index:13.4f}")


def gradients(options, out: FigureFolder) -> None:
    """Norms of the loss's gradient by the state at every step, medians as CSV."""
    runs = run_folders(options.runs)
    experiment = of_one_experiment(runs)
    files = [run.model for run in runs]
    name = f"gradients-{experiment}"
    out.reserve(name)
    load_tensorflow()
    import numpy

    from experiments.trained import batch_of, gradient_norms, load
    from keras_nonnormal.plotting import gradient_norm_curves

    norms = {}
    for run, file in zip(runs, files, strict=True):
        model, layer = load(file, with_loss=True)
        size = model.inputs[0].shape[0] or options.batch  # a stateful model takes one
        norms[run.label] = gradient_norms(model, layer, *batch_of(run, size))
    out.figure(name, gradient_norm_curves(norms, title=experiment))
    medians = [numpy.median(each, axis=0) for each in norms.values()]
    steps = range(1, max(map(len, medians)) + 1)
    numbers = ((t, *(m[t - 1] if t <= len(m) else "" for m in medians)) for t in steps)
    out.table(name, ("step", *norms), numbers)


def alpha(options, out: FigureFolder) -> None:
    """The learned stair of runs, at its start, on its way and in the end: one each."""
    runs = run_folders(options.runs)
    files = [run.model for run in runs]
    logged = [run.logged("alpha") for run in runs]
    names = one_each("alpha", runs)
    out.reserve(*names)
    load_tensorflow()
    from experiments.trained import LearnedStair, load
    from keras_nonnormal.plotting import learned_stair

    for run, file, epochs, name in zip(runs, files, logged, names, strict=True):
        stair = LearnedStair.of(load(file)[1])
        if stair is None:
            raise OptionError(f"{run.path} has no learned stair; expected a run of one")
        steps = len(stair.trained)
        if any(len(values) != steps for values in epochs.values()):
            raise OptionError(
                f"{run.path / 'alpha.csv'} is not of its model.keras, whose stair has "
                f"{steps} steps; expected a column for each"
            )
        figure = learned_stair(
            stair.trained,
            start=stair.start,
            epochs={run.counted(epoch): values for epoch, values in epochs.items()},
            title=f"{run.experiment}: {run.label}",
            index=run.index,
        )
        out.figure(name, figure)
        start = [""] * steps if stair.start is None else stair.start
        numbers = zip(range(steps), start, stair.trained, strict=True)
        out.table(name, ("j", "start", "trained"), numbers)


def one_each(kind: str, runs: Sequence[RunFolder]) -> list[str]:
    """Names of figures, one for each run."""
    names = [f"{kind}-{run.path.resolve().name}" for run in runs]
    for number, name in enumerate(names):
        if names.count(name) > 1:
            names[number] = f"{name}-{number + 1}"
    return names


def axis_label(metric: str) -> str:
    """What an axis says of a metric: `validation loss` of `val_loss`."""
    if metric in OF_WEIGHTS:
        return OF_WEIGHTS[metric]
    split = "validation" if metric.startswith("val_") else "training"
    return f"{split} {metric.removeprefix('val_').replace('_', ' ')}"
