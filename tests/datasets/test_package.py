import doctest
import importlib
import subprocess
import sys

import pytest


@pytest.mark.parametrize("name", ["copying", "addition", "pipeline"])
def test_examples_in_docstrings_run(name):
    module = importlib.import_module(f"keras_nonnormal.datasets.{name}")
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def test_importing_the_tasks_and_drawing_data_loads_no_tensorflow():
    program = (
        "import sys; from keras_nonnormal.datasets import copying, DatasetError;"
        "copying(21, train=1, validation=1, test=1);"
        "raise SystemExit(any(m.startswith('tensorflow') for m in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
