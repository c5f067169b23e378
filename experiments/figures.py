"""Draws figures of networks that are not normal, and of stairs.

  python experiments/figures.py nnrnn-1                 transients and Fisher memory
  python experiments/figures.py stair                   fixed stairs and gradients
  python experiments/figures.py exp-alpha               exp-alpha and its slope
  python experiments/figures.py curves runs/copy/*      a metric of several runs
  python experiments/figures.py theta runs/copy/a       the matrix that an nnRNN learnt
  python experiments/figures.py spectrum runs/copy/*    eigenvalues of several runs
  python experiments/figures.py gradients runs/copy/*   gradients on their way back
  python experiments/figures.py alpha runs/copy/a       the stair that a network learnt

The first three are of nothing, the others of run directories, as the other scripts
leave them. They are the figures of the nnRNN paper, https://arxiv.org/abs/1905.12080,
and those that Stair networks ask for.
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

from experiments import run_figures, theory_figures
from experiments.figure_folder import FigureFolder
from experiments.options import OptionError
from experiments.prepare import refuse

FROM_NOTHING: dict[str, Callable[..., None]] = {
    "nnrnn-1": theory_figures.nnrnn_1,
    "stair": theory_figures.stair,
    "exp-alpha": theory_figures.exp_alpha,
}
OF_RUNS: dict[str, Callable[..., None]] = {
    "curves": run_figures.curves,
    "theta": run_figures.theta,
    "spectrum": run_figures.spectrum,
    "gradients": run_figures.gradients,
    "alpha": run_figures.alpha,
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
        if name == "stair":
            command.add_argument(
                "--steps",
                type=_whole,
                default=784,
                help="length of the sequences (default: 784)",
            )
        if name == "exp-alpha":
            command.add_argument(
                "--alphas",
                nargs="+",
                type=_positive,
                default=(0.25, 0.5, 1.0, 2.0),
                metavar="ALPHA",
                help="a curve for each (default: 0.25 0.5 1 2)",
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


if __name__ == "__main__":
    raise SystemExit(main())
