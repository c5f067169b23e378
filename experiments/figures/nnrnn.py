"""Figures of nnRNN, and of the stairs that networks after it have.

Kerg et al. (2019), https://arxiv.org/abs/1905.12080; "Stair Recurrent Neural Networks"
(2021).
"""

import itertools
import math

from experiments.core.options import OptionError, option
from experiments.figures._figure import (
    Output,
    analysis,
    figure,
    flat,
    numpy,
    plotting,
    say,
)
from experiments.figures._runs import (
    METRIC,
    at_start,
    batch_of,
    each_layer,
    experiments_of,
    file_name,
    finished,
    load,
    measured,
    of_one_experiment,
    title_of,
    without_gates,
)

# The published settings of figure 1.
UNITS, ALPHAS, BETAS, DIAGONALS = 100, (0.95, 1.0, 1.05), (0.0, 0.005), (0.0, 0.2)
# From where to where, and in how many steps, the table of exp-alpha goes.
SPAN, POINTS = (-3.0, 3.0), 241


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
    steps = {
        pair: zip(*(getattr(each, name) for name in columns), strict=True)
        for pair, each in moments.items()
    }
    head = ("alpha", "beta", "step", *columns)
    out.save("nnrnn-1a", plotting.transient_curves(moments), head, flat(steps))
    head = ("alpha", "beta", "d", "k", "J")
    out.save("nnrnn-1b", plotting.fisher_curves(curves), head, flat(curves))
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
    points = {
        label: {row[index]: row[metric] for row in history if metric in row}
        for label, history in histories.items()
    }
    out.save(name, drawn, ("run", index, metric), flat(points))


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
        out.save(name, drawn, ("to_mode", "from_mode", "entry"), flat(matrix.T))


@figure(
    "spectrum",
    start=option(False, "also the eigenvalues at the start, of the network made anew"),
)
def spectrum(runs, options, out: Output) -> None:
    """Eigenvalues of several runs in one figure, moduli and angles of nnRNN."""
    files = [run.model for run in runs]
    out.begin("spectrum")
    starts, trained, indices, schurs = {}, {}, {}, {}
    for run, file in zip(runs, files, strict=True):
        _, layer = load(file)
        trained[run.label], indices[run.label] = _spectrum(layer, run)
        if schur := analysis.schur_parameters(layer):
            schurs[run.label] = schur
        if options.start:
            starts[run.label], _ = _spectrum(at_start(run).layer, run)
    drawn = plotting.spectra(
        trained,
        starts=starts,
        gammas={label: schur["gamma"] for label, schur in schurs.items()},
        thetas={label: schur["theta"] for label, schur in schurs.items()},
        title=experiments_of(runs),
    )
    rows = (
        (label, stage, value.real, value.imag)
        for stage, label, _, value in flat({"start": starts, "trained": trained})
    )
    out.save("spectrum", drawn, ("run", "stage", "real", "imaginary"), rows)
    width = max(map(len, indices))
    print(f"\n{'':{width}}  spectral radius  relative Henrici index")
    for label, values in trained.items():
        print(f"{label:{width}}  {abs(values).max():15.4f}  {indices[label]:22.4f}")


@figure("gradients", batch=option(10, "sequences", low=1))
def gradients(runs, options, out: Output) -> None:
    """Norms of the loss's gradient by the state at every step, medians as CSV."""
    experiment = of_one_experiment(finished(runs))
    name = f"gradients-{experiment}"
    out.begin(name)
    norms = {}
    for run in runs:
        say(run.label)
        model, layer = load(run.model, with_loss=True)
        size = model.inputs[0].shape[0] or options.batch  # a stateful model takes one
        batch = batch_of(run, size)
        norms[run.label] = analysis.loss_gradient_norms(model, layer, *batch)
    medians = [numpy.median(each, axis=0) for each in norms.values()]
    steps = itertools.zip_longest(*medians, fillvalue="")
    rows = ((step, *row) for step, row in enumerate(steps, 1))
    drawn = plotting.gradient_norm_curves(norms, title=experiment)
    out.save(name, drawn, ("step", *norms), rows)


@figure("stair", steps=option(784, "length of the sequences", low=1))
def stair(options, out: Output) -> None:
    """Fixed stairs: factors, running products, gradients, and the numbers as CSV."""
    out.begin("stair-schedules", "stair-gradients")
    from keras_nonnormal import stair_heights
    from keras_nonnormal.activations.schedules import SCHEDULES

    steps = numpy.arange(float(options.steps))
    heights = {name: stair_heights(name, steps) for name in SCHEDULES}
    products = {
        name: zip(rho, analysis.running_products(rho), strict=True)
        for name, rho in heights.items()
    }
    drawn, head = plotting.stair_schedules(heights), ("schedule", "j", "rho", "product")
    out.save("stair-schedules", drawn, head, flat(products))

    heights = {**heights, "none": stair_heights("none", steps)}
    linear = analysis.stair_gradient_norms(heights, "linear")
    modrelu = analysis.stair_gradient_norms(heights, "modrelu")
    bounds = {name: analysis.gradient_bounds(rho) for name, rho in heights.items()}
    norms = {
        name: dict(enumerate(zip(linear[name], modrelu[name], bound, strict=True), 1))
        for name, bound in bounds.items()
    }
    title = "orthogonal network with modReLU"
    drawn = plotting.stair_gradients(modrelu, heights, title=title)
    head = ("schedule", "t", "linear", "modrelu", "bound")
    out.save("stair-gradients", drawn, head, flat(norms))
    print("\nschedule  gradient at step 1      bound")
    for name in heights:
        print(f"{name:8}  {modrelu[name][0]:18.4g}  {bounds[name][0]:9.4g}")


@figure("exp-alpha", alphas=option((0.25, 0.5, 1.0, 2.0), "a curve for each", above=0))
def exp_alpha(options, out: Output) -> None:
    """Exp-alpha, its slope and where it contracts, and the numbers as CSV."""
    out.begin("exp-alpha")
    z = numpy.linspace(*SPAN, POINTS)
    rows = (
        (alpha, *row)
        for alpha in options.alphas
        for row in zip(z, *analysis.exp_alpha_response(z, alpha), strict=True)
    )
    drawn = plotting.exp_alpha_curves(options.alphas, span=SPAN)
    out.save("exp-alpha", drawn, ("alpha", "z", "y", "slope"), rows)
    low, high = analysis.contracting_interval()
    print(f"\nit contracts for {low:.6f} < alpha z < {high:g}")


@figure("alpha")
def alpha(runs, options, out: Output) -> None:
    """The learned stair of runs, at its start, on its way and in the end: one each."""
    logged = {run.path: run.logged("alpha") for run in runs}
    for run, layer, name in each_layer("alpha", runs, out):
        found = analysis.learned_heights(layer)
        if found is None:
            raise OptionError(f"{run.path} has no learned stair; expected a run of one")
        heights, start = found
        steps = len(heights)
        if any(len(values) != steps for values in logged[run.path].values()):
            raise OptionError(
                f"{run.path / 'alpha.csv'} is not of its model.keras, whose stair has "
                f"{steps} steps; expected a column for each"
            )
        epochs = {run.counted(each): row for each, row in logged[run.path].items()}
        drawn = plotting.learned_stair(
            heights, start=start, epochs=epochs, title=title_of(run), index=run.index
        )
        before = [""] * steps if start is None else start
        rows = flat(zip(before, heights, strict=True))
        out.save(name, drawn, ("j", "start", "trained"), rows)


def _spectrum(layer, run):
    """Eigenvalues `(units,)` of a layer's matrix, and its relative Henrici index."""
    matrix = without_gates(analysis.recurrent_matrices(layer), run)
    if not numpy.isfinite(matrix).all():
        raise OptionError(
            f"the recurrent matrix of {run.path} is not finite; its training diverged"
        )
    values = analysis.layer_spectra(layer, check=False)["recurrent"]
    return values, analysis.henrici_index(matrix, values)
