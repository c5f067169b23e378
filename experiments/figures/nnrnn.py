"""Figures of the nnRNN paper, Kerg et al. (2019), https://arxiv.org/abs/1905.12080."""

import math

from experiments.core.options import OptionError, option
from experiments.core.runs import of_one_experiment
from experiments.figures._figure import Output, analysis, figure, numpy, plotting, say
from experiments.figures._runs import (
    at_start,
    batch_of,
    each_layer,
    experiments_of,
    file_name,
    load,
    measured,
    spectrum_of,
    title_of,
)

# The published settings of figure 1.
UNITS, ALPHAS, BETAS, DIAGONALS = 100, (0.95, 1.0, 1.05), (0.0, 0.005), (0.0, 0.2)
METRIC = option(
    None,
    "column of metrics.csv (default: the validation accuracy if there is one, else a "
    "loss; of characters the bits per character)",
)


@figure("nnrnn-1")
def nnrnn_1(options, out: Output) -> None:
    """Figure 1: transients and Fisher memory of delay lines, and the numbers as CSV."""
    out.begin("nnrnn-1a", "nnrnn-1b")
    pairs = [(alpha, beta) for beta in BETAS for alpha in ALPHAS]
    moments = {
        pair: analysis.transient_statistics(analysis.delay_line(UNITS, *pair))
        for pair in pairs
    }
    curves = {
        (*pair, d): analysis.fisher_memory_curve(analysis.delay_line(UNITS, *pair, d))
        for d in DIAGONALS
        for pair in pairs
    }
    columns = ("unit_std", "unit_std_spread", "norm", "norm_spread")
    rows = (
        (*pair, step, *(getattr(moments[pair], name)[step] for name in columns))
        for pair in pairs
        for step in range(len(moments[pair].norm))
    )
    head = ("alpha", "beta", "step", *columns)
    out.save("nnrnn-1a", plotting.transient_curves(moments), head, rows)
    rows = ((*line, k, j) for line, each in curves.items() for k, j in enumerate(each))
    head = ("alpha", "beta", "d", "k", "J")
    out.save("nnrnn-1b", plotting.fisher_curves(curves), head, rows)
    print("\nalpha   beta    d   J_tot")
    for (alpha, beta, d), curve in curves.items():
        print(f"{alpha:5.2f}  {beta:5g}  {d:3g}  {curve.sum():6.2f}")


@figure("curves", metric=(str | None, METRIC))
def curves(runs, options, out: Output) -> None:
    """Figures 2 to 5: a metric of several runs of one experiment over time."""
    experiment, histories, metric, label = measured(runs, options.metric)
    name = file_name(experiment, metric.replace("task_", ""))
    out.begin(name)
    levels = {run.summary().get("trivial_loss") for run in runs}
    level = levels.pop() if len(levels) == 1 else None
    if level and "bits_per_character" in metric:
        level /= math.log(2)
    over_updates = all("update" in rows[0] for rows in histories.values())
    index = "update" if over_updates else "epoch"
    drawn = plotting.learning_curves(
        histories,
        metric=metric,
        label=label,
        index=index,
        trivial_loss=level if metric.endswith(("loss", "per_character")) else None,
        title=experiment,
    )
    rows = (
        (label, row[index], row[metric])
        for label, history in histories.items()
        for row in history
        if metric in row
    )
    out.save(name, drawn, ("run", index, metric), rows)


@figure(
    "theta",
    limit=option(0.1, "entries of this size have the strongest colours", above=0),
)
def theta(runs, options, out: Output) -> None:
    """Theta of runs of nnRNN, with its angles: a figure for each run."""
    for run, layer, name in each_layer("theta", runs, out):
        schur = analysis.schur_parameters(layer)
        if schur is None:
            raise OptionError(f"{run.path} has no Theta; expected a run of nnRNN")
        matrix, angles = analysis.schur_matrix(**schur), schur["theta"]
        drawn = plotting.theta_heat_map(
            matrix, angles, limit=options.limit, title=title_of(run)
        )
        rows = (
            (to, source, entry)
            for to, row in enumerate(matrix.T)
            for source, entry in enumerate(row)
        )
        out.save(name, drawn, ("to_mode", "from_mode", "entry"), rows)


@figure(
    "spectrum",
    start=option(False, "also the eigenvalues at the start, of the network made anew"),
)
def spectrum(runs, options, out: Output) -> None:
    """Eigenvalues of several runs in one figure, moduli and angles of nnRNN."""
    files = {run.label: run.model for run in runs}
    out.begin("spectrum")
    layers = {label: load(file)[1] for label, file in files.items()}
    found = {label: spectrum_of(layer) for label, layer in layers.items()}
    trained = {label: values for label, (values, _) in found.items()}
    starts = {}
    if options.start:
        starts = {run.label: spectrum_of(at_start(run).layer)[0] for run in runs}
    schurs = {name: analysis.schur_parameters(layer) for name, layer in layers.items()}
    drawn = plotting.spectra(
        trained,
        starts=starts,
        gammas={label: schur["gamma"] for label, schur in schurs.items() if schur},
        thetas={label: schur["theta"] for label, schur in schurs.items() if schur},
        title=experiments_of(runs),
    )
    rows = (
        (label, stage, value.real, value.imag)
        for stage, spectra in (("start", starts), ("trained", trained))
        for label, values in spectra.items()
        for value in values
    )
    out.save("spectrum", drawn, ("run", "stage", "real", "imaginary"), rows)
    width = max(map(len, found))
    print(f"\n{'':{width}}  spectral radius  relative Henrici index")
    for label, (values, index) in found.items():
        print(f"{label:{width}}  {abs(values).max():15.4f}  {index:22.4f}")


@figure("gradients", batch=option(10, "sequences", low=1))
def gradients(runs, options, out: Output) -> None:
    """Norms of the loss's gradient by the state at every step, medians as CSV."""
    experiment = of_one_experiment(runs)
    files = [run.model for run in runs]
    name = f"gradients-{experiment}"
    out.begin(name)
    norms = {}
    for run, file in zip(runs, files, strict=True):
        say(run.label)
        model, layer = load(file, with_loss=True)
        size = model.inputs[0].shape[0] or options.batch  # a stateful model takes one
        batch = batch_of(run, size)
        norms[run.label] = analysis.loss_gradient_norms(model, layer, *batch)
    medians = [numpy.median(each, axis=0) for each in norms.values()]
    steps = range(1, max(map(len, medians)) + 1)
    rows = ((t, *(m[t - 1] if t <= len(m) else "" for m in medians)) for t in steps)
    drawn = plotting.gradient_norm_curves(norms, title=experiment)
    out.save(name, drawn, ("step", *norms), rows)
