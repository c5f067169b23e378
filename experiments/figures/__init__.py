"""Draws figures of networks that are not normal, of stairs, of gamma and of stability.

  python experiments/figures.py nnrnn-1                 transients and Fisher memory
  python experiments/figures.py curves runs/copy/*      a metric of several runs
  python experiments/figures.py spectrum runs/copy/*    eigenvalues of several runs
  python experiments/figures.py lsc-2 runs/ffn/*        accuracy over learning rates
  python experiments/figures.py theta --help            the flags of a figure

Figures with RUN are of run directories, as the other scripts leave them, the others of
formulas. Beside each figure there is a CSV file of the numbers that it shows. They are
the figures of https://arxiv.org/abs/1905.12080 (nnRNN),
https://arxiv.org/abs/1905.13715 (starts), https://arxiv.org/abs/2006.12253 (gamma,
ANRU) and https://arxiv.org/abs/2308.12075 (lsc), and those that stairs ask for.
"""

from experiments.figures import (  # noqa: F401 - each registers its figures
    anru,
    dynamics,
    gamma,
    lsc,
    lsc_runs,
    nnrnn,
    starts,
)
from experiments.figures._figure import FIGURES, run

__all__ = ["FIGURES", "main"]


def main(arguments: list[str] | None = None) -> int:
    """Draws a figure; returns the exit code."""
    return run(arguments, __doc__)
