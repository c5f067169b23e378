"""Draws the figures of the nnRNN paper, https://arxiv.org/abs/1905.12080.

  python experiments/figures.py nnrnn-1                 transients and Fisher memory
  python experiments/figures.py curves runs/copy/*      a metric of several runs
  python experiments/figures.py theta runs/copy/a       the matrix that an nnRNN learnt
  python experiments/figures.py spectrum runs/copy/*    eigenvalues of several runs
  python experiments/figures.py gradients runs/copy/*   gradients on their way back

All but the first are of run directories, as the other scripts leave them.
"""

if not __package__:  # started as a file: the repository takes this folder's place
    import os
    import sys

    folder = os.path.dirname(os.path.realpath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.realpath(path) != folder]
    sys.path.insert(0, os.path.dirname(folder))

import argparse
import math
from collections.abc import Callable

from experiments.figure_folder import FigureFolder
from experiments.options import OptionError
from experiments.prepare import refuse
from experiments.run_folders import metric_of_all, of_one_experiment, run_folders

# The published settings of figure 1.
UNITS, ALPHAS, BETAS, DIAGONALS = 100, (0.95, 1.0, 1.05), (0.0, 0.005), (0.0, 0.2)


def nnrnn_1(options, out: FigureFolder) -> None:
    """Figure 1: transients and Fisher memory of delay lines, and the numbers as CSV."""
    out.reserve("nnrnn-1a", "nnrnn-1b")
    _load_tensorflow()
    from keras_nonnormal import plotting
    from keras_nonnormal.analysis import (
        delay_line,
        fisher_memory_curve,
        transient_statistics,
    )

    pairs = [(alpha, beta) for beta in BETAS for alpha in ALPHAS]
    lines = [(*pair, d) for d in DIAGONALS for pair in pairs]
    moments = {pair: transient_statistics(delay_line(UNITS, *pair)) for pair in pairs}
    curves = {line: fisher_memory_curve(delay_line(UNITS, *line)) for line in lines}

    out.figure("nnrnn-1a", plotting.transient_curves(moments))
    columns = ("unit_std", "unit_std_spread", "norm", "norm_spread")
    numbers = (
        (*pair, step, *(getattr(moments[pair], name)[step] for name in columns))
        for pair in pairs
        for step in range(len(moments[pair].norm))
    )
    out.table("nnrnn-1a", ("alpha", "beta", "step", *columns), numbers)

    out.figure("nnrnn-1b", plotting.fisher_curves(curves))
    numbers = ((*line, k, j) for line in lines for k, j in enumerate(curves[line]))
    out.table("nnrnn-1b", ("alpha", "beta", "d", "k", "J"), numbers)
    print("\nalpha   beta    d   J_tot")
    for (alpha, beta, d), curve in curves.items():
        print(f"{alpha:5.2f}  {beta:5g}  {d:3g}  {curve.sum():6.2f}")


def curves(options, out: FigureFolder) -> None:
    """Figures 2 to 5: a metric of several runs of one experiment over time."""
    runs = run_folders(options.runs)
    experiment = of_one_experiment(runs)
    histories = {run.label: run.history() for run in runs}
    metric = metric_of_all(histories, options.metric)
    words = metric.replace("task_", "")
    name = f"{experiment}-{words}".replace("_", "-")
    out.reserve(name)
    _load_tensorflow()
    from keras_nonnormal.plotting import learning_curves

    levels = {run.summary().get("trivial_loss") for run in runs}
    over_updates = all("update" in rows[0] for rows in histories.values())
    split = "validation" if words.startswith("val_") else "training"
    figure = learning_curves(
        histories,
        metric=metric,
        label=f"{split} {words.removeprefix('val_').replace('_', ' ')}",
        index="update" if over_updates else "epoch",
        trivial_loss=levels.pop() if "loss" in metric and len(levels) == 1 else None,
        title=experiment,
    )
    out.figure(name, figure)


def theta(options, out: FigureFolder) -> None:
    """Theta of runs of nnRNN, with its angles: a figure for each run."""
    runs = run_folders(options.runs)
    files = [run.model for run in runs]
    names = [f"theta-{run.path.resolve().name}" for run in runs]
    for number, name in enumerate(names):
        if names.count(name) > 1:
            names[number] = f"{name}-{number + 1}"
    out.reserve(*names)
    _load_tensorflow()
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


def spectrum(options, out: FigureFolder) -> None:
    """Eigenvalues of several runs in one figure, moduli and angles of nnRNN."""
    runs = run_folders(options.runs)
    files = [run.model for run in runs]
    out.reserve("spectrum")
    _load_tensorflow()
    from experiments.trained import SchurForm, load, spectrum_of
    from keras_nonnormal.plotting import spectra

    layers = {r.label: load(file)[1] for r, file in zip(runs, files, strict=True)}
    found = {label: spectrum_of(layer) for label, layer in layers.items()}
    schurs = {label: SchurForm.of(layer) for label, layer in layers.items()}
    figure = spectra(
        {label: eigenvalues for label, (eigenvalues, _) in found.items()},
        gammas={label: schur.gamma for label, schur in schurs.items() if schur},
        thetas={label: schur.theta for label, schur in schurs.items() if schur},
        title=", ".join(sorted({run.experiment for run in runs})),
    )
    out.figure("spectrum", figure)
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
    _load_tensorflow()
    import numpy

    from experiments.trained import batch_of, gradient_norms, load
    from keras_nonnormal.plotting import gradient_norm_curves

    norms = {}
    for run, file in zip(runs, files, strict=True):
        model, layer = load(file, with_loss=True)
        size = model.input_shape[0] or options.batch  # a stateful model takes one only
        norms[run.label] = gradient_norms(model, layer, *batch_of(run, size))
    out.figure(name, gradient_norm_curves(norms, title=experiment))
    medians = [numpy.median(each, axis=0) for each in norms.values()]
    steps = range(1, max(map(len, medians)) + 1)
    numbers = ((t, *(m[t - 1] if t <= len(m) else "" for m in medians)) for t in steps)
    out.table(name, ("step", *norms), numbers)


COMMANDS: dict[str, Callable[..., None]] = {
    "nnrnn-1": nnrnn_1,
    "curves": curves,
    "theta": theta,
    "spectrum": spectrum,
    "gradients": gradients,
}


def main(arguments: list[str] | None = None) -> int:
    """Draws a figure; returns the exit code."""
    options = _parser().parse_args(arguments)
    prog = f"figures.py {options.command}"
    try:
        COMMANDS[options.command](options, FigureFolder(options.out))
    except OptionError as error:
        refuse(prog, error)
    return 0


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"{self.prog}: error: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="figures.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, draw in COMMANDS.items():
        command = commands.add_parser(
            name, help=draw.__doc__, description=draw.__doc__, allow_abbrev=False
        )
        command.add_argument(
            "--out", default="figures", help="folder for the figures (default: figures)"
        )
        if name != "nnrnn-1":
            command.add_argument(
                "runs", nargs="+", metavar="RUN", help="run directories"
            )
        if name == "curves":
            command.add_argument(
                "--metric",
                help="column of metrics.csv (default: the validation accuracy if there "
                "is one, else a loss)",
            )
        if name == "theta":
            command.add_argument(
                "--limit",
                type=_positive,
                default=0.1,
                help="entries of this size have the strongest colours (default: 0.1)",
            )
        if name == "gradients":
            command.add_argument(
                "--batch", type=_whole, default=10, help="sequences (default: 10)"
            )
    return parser


def _positive(text: str) -> float:
    value = float(text)
    if not (value > 0 and math.isfinite(value)):
        raise argparse.ArgumentTypeError(f"expected a number above 0, received {text}")
    return value


def _whole(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(
            f"expected a whole number of at least 1, received {text}"
        )
    return value


def _load_tensorflow() -> None:
    from experiments import launch

    launch._load_tensorflow()


if __name__ == "__main__":
    raise SystemExit(main())
