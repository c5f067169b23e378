"""What several test files share: the golden arrays and the real data sets."""

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import pytest
from hypothesis import settings

# The first example pays for a compilation.
settings.register_profile("keras_nonnormal", deadline=None)
settings.load_profile("keras_nonnormal")


@pytest.fixture(scope="session")
def golden():
    """``golden("nonnormal_init/lstm")`` opens an archive of reference arrays."""
    folder = os.environ.get("KERAS_NONNORMAL_GOLDEN")
    if not folder:
        pytest.skip("KERAS_NONNORMAL_GOLDEN is not set")

    def load(name):
        return np.load(Path(folder) / f"{name}.npz", allow_pickle=False)

    return load


@pytest.fixture(scope="session")
def data_folder():
    """The folder of ready data files, as a user would set it."""
    folder = os.environ.get("KERAS_NONNORMAL_DATA")
    if not folder:
        pytest.skip("KERAS_NONNORMAL_DATA is not set")
    return Path(folder)
