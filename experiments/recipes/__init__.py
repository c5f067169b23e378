"""How it is trained: a file for every publication; brings all tasks and networks along.

Where several recipes fit a command line, the one that is imported first is meant.
"""

# isort: off
import functools
from collections.abc import Callable

from experiments.core import run
from experiments import networks, tasks
from experiments.recipes import starts
from experiments.recipes import nnrnn
from experiments.recipes import lsc
from experiments.recipes import awd

__all__ = ["awd", "lsc", "networks", "nnrnn", "script", "starts", "tasks"]


def script(name: str, description: str | None) -> Callable[..., int]:
    """The main function of a script: takes arguments, returns the exit code."""
    return functools.partial(run.main, name, description=description)
