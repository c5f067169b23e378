"""Draws the figures of the nnRNN paper, https://arxiv.org/abs/1905.12080.

  python experiments/figures.py nnrnn-1                   transients, Fisher memory
  python experiments/figures.py curves runs/copy/*        metrics of several runs
  python experiments/figures.py theta runs/copy/nnrnn     the matrix an nnRNN learnt
  python experiments/figures.py spectrum runs/copy/*      eigenvalues of recurrent matrices
  python experiments/figures.py gradients runs/copy/*     gradients that reach early states

The last four take run directories, as the other scripts leave them.
"""

if not __package__:  # started as a file: the repository takes this folder's place
    import os
    import sys

    folder = os.path.dirname(os.path.realpath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.realpath(path) != folder]
    sys.path.insert(0, os.path.dirname(folder))

import argparse
import csv
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from experiments.options import OptionError
from experiments.prepare import refuse
from experiments.run_folders import RunFolder, of_one_experiment, run_folders

ALPHAS, BETAS, DIAGONALS = (0.95, 1.0, 1.05), (0.0, 0.005), (0.0, 0.2)
UNITS = 100
# What is drawn of runs if nothing is said: the first that all of them have.
METRICS = ("val_accuracy", "val_loss", "task_loss", "loss")
MARK = b"keras_nonnormal figures.py"


def nnrnn_1(out: "Folder", options) -> None:
    """Figure 1: transients and Fisher memory of delay lines."""
    out.reserve("nnrnn-1a", "nnrnn-1b")
    load_tensorflow()
    from keras_nonnormal import analysis, plotting

    pairs = [(alpha, beta) for beta in BETAS for alpha in ALPHAS]
    triples = [(*pair, d) for d in DIAGONALS for pair in pairs]
    statistics = {
        pair: analysis.transient_statistics(analysis.delay_line(UNITS, *pair))
        for pair in pairs
    }
    curves = {
        triple: analysis.fisher_memory_curve(analysis.delay_line(UNITS, *triple))
        for triple in triples
    }
    out.figure("nnrnn-1a", plotting.transient_curves(statistics))
    moments = ("unit_std", "unit_std_spread", "norm", "norm_spread")
    out.table(
        "nnrnn-1a",
        ("alpha", "beta", "step", *moments),
        (
            (*pair, step, *numbers)
            for pair, each in statistics.items()
            for step, numbers in enumerate(
                zip(*(getattr(each, name) for name in moments), strict=True)
            )
        ),
    )
    out.figure("nnrnn-1b", plotting.fisher_curves(curves))
    out.table(
        "nnrnn-1b",
        ("alpha", "beta", "d", "k", "J"),
        ((*triple, k, j) for triple in triples for k, j in enumerate(curves[triple])),
    )
    print("alpha   beta    d   J_tot")
    for (alpha, beta, d), curve in curves.items():
        print(f"{alpha:5.2f}  {beta:5g}  {d:3g}  {curve.sum():6.2f}")


def curves(out: "Folder", options) -> None:
    """Figures 2 to 5: a metric of several runs over updates or epochs."""
    runs = run_folders(options.runs)
    experiment = of_one_experiment(runs)
    histories = {run.label: run.history() for run in runs}
    metric = options.metric or _common(histories)
    for label, history in histories.items():
        known = {name for row in history for name in row}
        if metric not in known:
            names = ", ".join(sorted(known - {"epoch", "update", "seconds"}))
            raise OptionError(
                f"--metric: {label} has no {metric}, expected one of {names}"
            )
    name = f"{experiment}-{metric}".replace("_", "-")
    out.reserve(name)
    load_tensorflow()
    from keras_nonnormal.plotting import learning_curves

    indices = {index for h in histories.values() for index in ("update",) if index in h[0]}
    out.figure(
        name,
        learning_curves(
            histories,
            metric=metric,
            label=_in_words(metric),
            index="update" if indices else "epoch",
            trivial_loss=_trivial_loss(runs) if metric.endswith("loss") else None,
            title=experiment,
        ),
    )


def theta(out: "Folder", options) -> None:
    """Figure of Theta for each run of an nnRNN."""
    runs = run_folders(options.runs)
    names = [f"theta-{run.path.resolve().name}" for run in runs]
    names = [
        name if names.count(name) == 1 else f"{name}-{number}"
        for number, name in enumerate(names, start=1)
    ]
    files = [run.model for run in runs]
    out.reserve(*names)
    load_tensorflow()
    from experiments.trained import SchurForm, load
    from keras_nonnormal.plotting import theta_heat_map

    for run, file, name in zip(runs, files, names, strict=True):
        schur = SchurForm.of(load(file)[1])
        if schur is None:
            raise OptionError(f"{run.path} has no Theta; expected a run of an nnRNN")
        figure = theta_heat_map(
            schur.matrix(),
            schur.theta,
            limit=options.limit,
            title=f"{run.experiment}: {run.label}",
        )
        out.figure(name, figure)


def spectrum(out: "Folder", options) -> None:
    """Eigenvalues of several runs in one figure."""
    runs = run_folders(options.runs)
    files = [run.model for run in runs]
    out.reserve("spectrum")
    load_tensorflow()
    from experiments.trained import SchurForm, load, spectrum_of
    from keras_nonnormal.plotting import spectra

    layers = {r.label: load(file)[1] for r, file in zip(runs, files, strict=True)}
    found = {label: spectrum_of(layer) for label, layer in layers.items()}
    schurs = {label: SchurForm.of(layer) for label, layer in layers.items()}
    experiments = ", ".join(sorted({run.experiment for run in runs}))
    figure = spectra(
        {label: values for label, (values, _) in found.items()},
        gammas={label: each.gamma for label, each in schurs.items() if each},
        thetas={label: each.theta for label, each in schurs.items() if each},
        title=experiments,
    )
    out.figure("spectrum", figure)
    width = max(map(len, found))
    print(f"{'':{width}}  spectral radius  Henrici index")
    for label, (values, index) in found.items():
        print(f"{label:{width}}  {abs(values).max():15.4f}  {index:13.4f}")
