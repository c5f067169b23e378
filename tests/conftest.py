"""What several test files share: the golden arrays and the real data sets."""

import gc
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# The tests run side by side: what one wins by a second thread another one loses. For
# small operations waking it takes longer than the work.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# What XLA compiles here runs for milliseconds: LLVM need not think for seconds.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

import pytest
from hypothesis import settings

# The first example pays for a compilation.
settings.register_profile("keras_nonnormal", deadline=None)
settings.register_profile("fast", deadline=None, max_examples=20)
settings.load_profile("keras_nonnormal")


# What takes minutes: where it comes last, one process ends alone with it.
LONG = ("tests/notebooks/", "tests/experiments/test_scripts.py")

# A function that is called once or twice takes longer to trace than to run: here it is
# run operation by operation, but for tests marked as `graphs` or `compiled`.
EAGER = tuple(
    f"tests/{name}.py"
    for name in (
        *("layers/test_derivatives", "layers/test_dtypes", "layers/test_golden_cells"),
        *("layers/test_golden_gamma", "layers/test_golden_stairs"),
        *("layers/test_initial_state", "layers/test_language_layers"),
        *("layers/test_loops", "layers/test_lru", "layers/test_parametrized_rnn"),
        *("layers/test_alif", "layers/test_anru", "layers/test_antisymmetric_rnn"),
        *("layers/test_pascal", "test_backends"),
    )
)

# The fast tier, `-m fast`. In these folders and files most tests train a network,
# compile a loop or start a program; of the layers, comparisons with archives are fast.
EXPENSIVE = (
    *("tests/ensembles/", "tests/notebooks/", "tests/pretraining/", "tests/training/"),
    *("tests/test_package.py", "tests/test_recurrence.py"),
    *("keras_nonnormal/pretraining/", "keras_nonnormal/training/"),
)
COMPARED = "tests/layers/"
# With these fixtures a test starts programs, reads real data, or trains and saves.
PROGRAMS = {"python", "data_folder", "tmp_path", "tmp_path_factory"}
REFUSALS = {"refused"}  # writes nothing: that is what it looks for


if os.environ.get("KERAS_BACKEND") == "torch":
    import torch

    # Of the other backends, NumPy takes tensors that have a gradient as well.
    torch.Tensor.__array__ = lambda self, dtype=None, copy=None: (
        self.detach().cpu().numpy().astype(dtype or self.detach().numpy().dtype)
    )


def is_fast(item):
    """Whether a test belongs to the fast tier, by its folder, fixtures and marks."""
    if item.nodeid.startswith(EXPENSIVE):
        return False
    if any(item.get_closest_marker(name) for name in ("slow", "compiled")):
        return False
    fixtures = set(item.fixturenames)
    builds = "model" in item.path.name or "golden" in fixtures
    if "/experiments/" in item.nodeid and builds:
        return False  # networks with all their options
    if item.nodeid.startswith(COMPARED) and "golden" not in fixtures:
        return False
    return not fixtures & PROGRAMS or bool(fixtures & REFUSALS)


def pytest_configure(config):
    if config.option.markexpr == "fast":
        settings.load_profile("fast")


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(items):
    """The long ones first, all else in order; the fast ones are marked."""
    for item in items:
        if is_fast(item):
            item.add_marker("fast")
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


def pytest_collection_finish():
    """What is loaded by now stays: no need to look through it for garbage again."""
    gc.collect()
    gc.freeze()
    # Tracing makes objects by the thousand that are no garbage yet.
    gc.set_threshold(7_000, 10, 10)


@pytest.fixture(scope="session")
def golden():
    """``golden("nonnormal_init/lstm")`` opens an archive of reference arrays."""
    from tests.golden import load

    return load


@pytest.fixture(scope="session")
def data_folder():
    """The folder of ready data files, as a user would set it."""
    folder = os.environ.get("KERAS_NONNORMAL_DATA")
    if not folder:
        pytest.skip("KERAS_NONNORMAL_DATA is not set")
    return Path(folder)


@pytest.fixture(scope="module", autouse=True)
def uncompiled_file(request):
    """Recurrences are not compiled in the fixtures of a file: that takes too long."""
    yield from _recurrences(False, _is_eager(request.node))


@pytest.fixture(autouse=True)
def uncompiled(request):
    """Recurrences are not compiled in a test, unless it is marked as `compiled`."""
    compiled = request.node.get_closest_marker("compiled") is not None
    yield from _recurrences(compiled, _is_eager(request.node))


def _is_eager(node):
    """Whether TensorFlow's functions are not traced in a file or a test."""
    marked = any(node.get_closest_marker(name) for name in ("compiled", "graphs"))
    return node.nodeid.startswith(EAGER) and not marked


def _recurrences(compiled, eager):
    if "keras_nonnormal._backend" not in sys.modules:  # a test that needs no TensorFlow
        yield
        return
    from tests.helpers import compiled_recurrences, without_graphs

    with compiled_recurrences(compiled), without_graphs(eager):
        yield
