"""One of two workers: a program of `test_cluster.py`.

A run of the copy task is broken off after its last epoch, as by Ctrl-C, and then goes
on for more epochs.
"""

import sys
from unittest import mock

from experiments import copy
from experiments.core import run
from tests.experiments.commands import tiny


def interrupted(*_):
    raise KeyboardInterrupt


def main(out):
    flags = tiny("--no-jit", "--strategy=multiworker", "--compare=none", "--out", out)
    flags.append("--no-tensorboard")
    with mock.patch.object(run, "draw", interrupted):
        codes = [copy.main([*flags, "--epochs=1"])]
    codes.append(copy.main([*flags, "--resume", "--epochs=3", "--json"]))
    return codes


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) != [130, 0])
