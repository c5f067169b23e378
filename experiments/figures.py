"""Draws figures of networks that are not normal, of stairs, and of gamma.

  python experiments/figures.py nnrnn-1                 transients and Fisher memory
  python experiments/figures.py stair                   fixed stairs and gradients
  python experiments/figures.py exp-alpha               exp-alpha and its slope
  python experiments/figures.py gamma                   gamma and its largest slope
  python experiments/figures.py curves runs/copy/*      a metric of several runs
  python experiments/figures.py theta runs/copy/a       the matrix that an nnRNN learnt
  python experiments/figures.py spectrum runs/copy/*    eigenvalues of several runs
  python experiments/figures.py gradients runs/copy/*   gradients on their way back
  python experiments/figures.py alpha runs/copy/a       the stair that a network learnt
  python experiments/figures.py lyapunov RUN...         exponents of several runs
  python experiments/figures.py information RUN...      of states on what is presented
  python experiments/figures.py robustness RUN...       accuracy on changed sequences
  python experiments/figures.py shapes RUN...           shapes of gamma as learnt
  python experiments/figures.py grid RUN...             a metric over shapes of gamma
  python experiments/figures.py speed RUN...            a metric of groups of runs
  python experiments/figures.py signals RUN...          how an ANRU follows a drive
  python experiments/figures.py starts-1                memory of four linear networks
  python experiments/figures.py starts-2                what can be read off a state
  python experiments/figures.py starts-3 RUN...         losses of the best settings
  python experiments/figures.py starts-5 RUN...         weights in the order of peaks
  python experiments/figures.py starts-6 RUN...         the same of the gates of LSTMs
  python experiments/figures.py schur RUN...            what feeds forward in a matrix
  python experiments/figures.py pseudospectrum RUN...   how eigenvalues may move

Of an ANRU there are linearisation, controller, gain-scaling, order and
driven-lyapunov, too. Of https://arxiv.org/abs/2308.12075 there are lsc-1a, lsc-1b,
lsc-1c, lsc-interactions and lsc-covariance without a run; lsc-2 of runs of ffn.py; and
lsc-3-wins, lsc-3-scores, lsc-3-table, lsc-4 and lsc-table-1 of those of deep_rnn.py.

Those without RUN are of nothing, the others of run directories, as the other scripts
leave them. They are the figures of the nnRNN paper, https://arxiv.org/abs/1905.12080,
of the one on starts, https://arxiv.org/abs/1905.13715, those that Stair networks ask
for, and those of networks whose nonlinearity adapts, https://arxiv.org/abs/2006.12253.
"""

if not __package__:  # started as a file: the repository takes this folder's place
    import os
    import sys

    folder = os.path.dirname(os.path.realpath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.realpath(path) != folder]
    sys.path.insert(0, os.path.dirname(folder))

import argparse
from collections.abc import Callable

from experiments import (
    anru_figures,
    dynamics_figures,
    interaction_figures,
    memory_figures,
    memory_of_runs,
    path_figures,
    run_figures,
    shape_figures,
    stability_figures,
    theory_figures,
)
from experiments.figure_folder import FigureFolder
from experiments.figure_options import FLAGS
from experiments.options import OptionError
from experiments.prepare import refuse

FROM_NOTHING: dict[str, Callable[..., None]] = {
    "nnrnn-1": theory_figures.nnrnn_1,
    "stair": theory_figures.stair,
    "exp-alpha": theory_figures.exp_alpha,
    "gamma": shape_figures.gamma,
    "starts-1": memory_figures.starts_1,
    "starts-2": memory_figures.starts_2,
    "lsc-1a": path_figures.grid,
    "lsc-1b": path_figures.counts,
    "lsc-1c": path_figures.pascal,
    "lsc-interactions": interaction_figures.interactions,
    "lsc-covariance": interaction_figures.covariance,
}
OF_RUNS: dict[str, Callable[..., None]] = {
    "curves": run_figures.curves,
    "theta": run_figures.theta,
    "spectrum": run_figures.spectrum,
    "gradients": run_figures.gradients,
    "schur": memory_of_runs.schur,
    "pseudospectrum": memory_of_runs.pseudospectrum,
    "starts-3": memory_of_runs.starts_3,
    "starts-5": memory_of_runs.starts_5,
    "starts-6": memory_of_runs.starts_6,
    "alpha": run_figures.alpha,
    "lyapunov": dynamics_figures.lyapunov,
    "information": dynamics_figures.information,
    "robustness": shape_figures.robustness,
    "shapes": shape_figures.shapes,
    "grid": shape_figures.grid,
    "speed": shape_figures.speed,
    "signals": anru_figures.signals,
    "linearisation": anru_figures.linearisation,
    "controller": anru_figures.controller,
    "gain-scaling": anru_figures.gain_scaling,
    "order": anru_figures.order,
    "driven-lyapunov": anru_figures.driven_lyapunov,
    "lsc-2": stability_figures.rates,
    "lsc-3-wins": stability_figures.wins,
    "lsc-3-scores": stability_figures.scores,
    "lsc-3-table": stability_figures.table,
    "lsc-4": stability_figures.epochs,
    "lsc-table-1": stability_figures.table_1,
}
COMMANDS = {**FROM_NOTHING, **OF_RUNS}


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
        if name in OF_RUNS:
            command.add_argument(
                "runs", nargs="+", metavar="RUN", help="run directories"
            )
        for flag, settings in FLAGS.get(name, ()):
            command.add_argument(flag, **settings)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
