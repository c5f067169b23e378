import warnings

import numpy as np
import pytest

from keras_nonnormal.initializers import Source
from tests.golden import keys, number


@pytest.mark.filterwarnings("ignore:Source connects")
def test_I3_source_equals_the_golden_kernels(golden, matrix):
    arrays = golden("nonnormal_init/initializers")
    scales = keys(arrays, r"source__m(\d+)_n(\d+)_s(\w+)")
    assert scales
    for m, n, s in scales:
        kernel = matrix(Source(scale=number(s)), int(m), int(n))
        np.testing.assert_array_equal(kernel, arrays[f"source__m{m}_n{n}_s{s}"])
    defaults = keys(arrays, r"source_default__m(\d+)_n(\d+)")
    assert defaults
    for m, n in defaults:
        kernel = matrix(Source(), int(m), int(n))
        np.testing.assert_array_equal(kernel, arrays[f"source_default__m{m}_n{n}"])


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((1, 3), [[2, 0, 0]]),
        ((2, 3), [[2, 0, 0], [0, 2, 0]]),
        ((2, 2), [[2, 0], [0, 2]]),
    ],
)
def test_I3_every_channel_feeds_the_unit_of_its_number(matrix, shape, expected):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(matrix(Source(2.0), *shape), expected)


def test_I3_more_channels_than_units_warn_and_leave_the_rest_disconnected(matrix):
    with pytest.warns(UserWarning, match="channels 2 to 3 start disconnected"):
        kernel = matrix(Source(2.0), 4, 2)
    np.testing.assert_array_equal(kernel, [[2, 0], [0, 2], [0, 0], [0, 0]])
