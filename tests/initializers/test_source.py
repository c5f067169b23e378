import warnings

import numpy as np
import pytest

from keras_nonnormal.initializers import Source


@pytest.mark.filterwarnings("ignore:Source connects")
def test_I3_source_equals_the_golden_kernels(golden, matrix):
    arrays = golden("nonnormal_init/initializers")
    keys = [key for key in arrays.files if key.startswith("source__")]
    assert len(keys) >= 6
    for key in keys:
        m, n, s = (_number(part[1:]) for part in key.split("__")[1].split("_"))
        kernel = matrix(Source(scale=s), int(m), int(n))
        np.testing.assert_array_equal(kernel, arrays[key])
    np.testing.assert_array_equal(
        matrix(Source(), 3, 6), arrays["source_default__m3_n6"]
    )


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


def _number(text):
    return float(text.replace("p", ".").replace("m", "-"))
