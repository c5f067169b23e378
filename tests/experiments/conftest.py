import subprocess
import sys

import pytest

from keras_nonnormal.recurrence import set_jit_compile
from tests.experiments.commands import ROOT, clean_environment


@pytest.fixture(scope="module", autouse=True)
def _compiled_again():
    """Runs with --no-jit say so for the whole process."""
    yield
    set_jit_compile(True)


@pytest.fixture(scope="session")
def repository():
    """The root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def python():
    """Runs Python as a user would: `python("experiments/copy.py", "--help")`.

    The keyword `cwd` is where; the rest goes to `subprocess.run`.
    """

    def run(*arguments, cwd=ROOT, **settings):
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=120,
            env=clean_environment(),
            **settings,
        )

    return run
