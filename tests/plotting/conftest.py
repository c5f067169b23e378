import warnings

import pytest


@pytest.fixture(autouse=True)
def no_warnings():
    """Logarithms of zero, empty slices, contours without a line, layouts that burst."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
