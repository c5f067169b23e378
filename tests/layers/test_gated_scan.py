"""Scans whose decay changes from step to step: loop, pairs of steps, logarithms."""

import numpy as np
import pytest
from keras import ops

from keras_nonnormal.layers.gated_scan import gated_scan, log_scan
from tests.helpers import DTYPE, TOLERANCE, relative_error, value_and_gradients

pytestmark = pytest.mark.usefixtures("uncompiled")

SCANS = {
    "loop": gated_scan,
    "associative": lambda *args: gated_scan(*args, associative=True),
    "log": lambda a, b, *rest: log_scan(ops.log(a), ops.log(b), *rest),
}


def draws(length):
    random = np.random.default_rng(2)
    decays, drives = random.random((2, length, 2, 3)) + 0.01
    first = random.normal(size=(2, 3))
    mask = random.random((length, 2, 1)) > 0.4
    return [each.astype(DTYPE) for each in (decays, drives, first, mask)]


@pytest.mark.parametrize("length", [1, 6, 17])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("scan", SCANS)
def test_states_are_those_of_the_recurrence_at_any_length(scan, masked, length):
    decays, drives, first, mask = draws(length)
    h, expected = first.astype("float64"), []
    for a, b, taken in zip(decays, drives, mask, strict=True):
        h = np.where(taken > 0, a * h + b, h) if masked else a * h + b
        expected.append(h)
    masks = (ops.convert_to_tensor(mask),) if masked else ()
    states = SCANS[scan](*map(ops.convert_to_tensor, (decays, drives, first)), *masks)
    error = relative_error(ops.convert_to_numpy(states), np.stack(expected))
    assert error < 10 * TOLERANCE[DTYPE]


@pytest.mark.parametrize("scan", ["associative", "log"])
def test_gradients_are_those_of_the_loop(scan):
    decays, drives, first, _ = draws(7)
    cotangent = np.random.default_rng(3).normal(size=drives.shape).astype(DTYPE)
    actual, expected = (
        value_and_gradients(
            lambda *args, name=name: (SCANS[name](*args),),
            [decays, drives, first],
            [cotangent],
        )
        for name in (scan, "loop")
    )
    for a, e in zip(actual, expected, strict=True):
        assert relative_error(a, e) < 20 * TOLERANCE[DTYPE]


def test_logarithms_of_any_size_have_finite_states_and_gradients():
    log_decays = np.full((40, 1, 1), -1e4, DTYPE)
    log_drives = np.linspace(-1e4, 0, 40, dtype=DTYPE)[:, None, None]
    first = np.ones((1, 1), DTYPE)
    values = value_and_gradients(
        lambda *args: (log_scan(*args),),
        [log_decays, log_drives, first],
        [np.ones_like(log_drives)],
    )
    assert all(np.isfinite(each).all() for each in values)
    np.testing.assert_allclose(values[0][-1], 1.0)
