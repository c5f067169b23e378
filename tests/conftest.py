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

import pytest
from hypothesis import settings

# The first example pays for a compilation.
settings.register_profile("keras_nonnormal", deadline=None)
settings.load_profile("keras_nonnormal")


# What takes minutes: where it comes last, one process ends alone with it.
LONG = ("tests/notebooks/", "tests/experiments/test_scripts.py")


def pytest_collection_modifyitems(items):
    """The long ones first, all else in order."""
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
def uncompiled_file():
    """Recurrences are not compiled in the fixtures of a file: that takes too long."""
    yield from _recurrences(compiled=False)


@pytest.fixture(autouse=True)
def uncompiled(request):
    """Recurrences are not compiled in a test, unless it is marked as `compiled`."""
    marked = request.node.get_closest_marker("compiled") is not None
    yield from _recurrences(compiled=marked)


def _recurrences(compiled):
    if "keras_nonnormal._backend" not in sys.modules:  # a test that needs no TensorFlow
        yield
        return
    from tests.helpers import compiled_recurrences

    with compiled_recurrences(compiled):
        yield
