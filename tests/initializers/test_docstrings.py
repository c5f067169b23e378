import doctest
import importlib

import pytest

MODULES = ["chain", "factories", "fbchain", "gatewise", "ramp", "source"]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_run_and_print_what_they_say(name):
    module = importlib.import_module(f"keras_nonnormal.initializers.{name}")
    results = doctest.testmod(module)
    assert results.attempted
    assert not results.failed
