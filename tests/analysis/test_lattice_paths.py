"""LSC rows 1 and 3: paths over time and depth, and the network that counts them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_nonnormal.analysis import (
    continuous_lattice_paths,
    lattice_paths,
    pascal_gradient,
    pascal_plateau,
    sum_over_paths,
    sum_over_paths_bound,
)
from tests.golden import cases, number


def test_paths_of_figure_1b(golden):  # LSC row 1
    stored = golden("lsc/pascal")
    for name, time, depth in (
        ("i", stored["fig1b_i_T"], 5),
        ("ii", 5, stored["fig1b_ii_dl"]),
        ("iii", stored["fig1b_iii_T"], stored["fig1b_iii_T"] / 100),
    ):
        found = continuous_lattice_paths(time, depth)
        # Logarithms of up to 1e5 lose five digits of sixteen.
        np.testing.assert_allclose(found, stored[f"fig1b_{name}"], rtol=1e-9)
    assert continuous_lattice_paths(1e4, 1e4) == np.inf


@given(st.integers(0, 60), st.integers(0, 60))
def test_every_path_ends_in_time_or_in_depth(time, depth):  # LSC row 1
    paths = lattice_paths(time, depth)
    if time and depth:
        before = lattice_paths(time - 1, depth) + lattice_paths(time, depth - 1)
        assert paths == before
    assert continuous_lattice_paths(time, depth) == pytest.approx(paths, rel=1e-11)


@given(st.integers(0, 300), st.integers(0, 300), st.floats(0, 1.5), st.floats(0, 1.5))
def test_paths_carry_no_more_than_the_bound(time, depth, rho_t, rho_l):  # LSC row 1
    total = sum_over_paths(time, depth, rho_t, rho_l)
    bound = sum_over_paths_bound(time, depth, rho_t, rho_l)
    assert 0 <= total <= bound * (1 + 1e-9)
    balanced = sum_over_paths(time, depth, rho_t / 1.5, 1 - rho_t / 1.5)
    assert balanced <= 1 + 1e-9


def test_paths_sum_to_the_bound():  # LSC row 1
    terms = [sum_over_paths(t, 40 - t, 0.9, 0.4) for t in range(41)]
    assert math.fsum(terms) == pytest.approx(1.3**40)
    assert sum_over_paths(2000, 2000, 0.5, 0.5) == pytest.approx(
        1 / math.sqrt(math.pi * 2000), rel=1e-3
    )


@pytest.mark.parametrize(
    ("layers", "steps", "rho"), cases("lsc/pascal", r"grad_L(\d+)_T(\d+)_rho(\w+)")
)
def test_gradient_of_the_pascal_network(golden, layers, steps, rho):  # LSC row 3
    expected = golden("lsc/pascal")[f"grad_L{layers}_T{steps}_rho{rho}"][0, :, 0]
    found = pascal_gradient(int(steps), int(layers), number(rho))
    np.testing.assert_allclose(found, expected, rtol=1e-5)  # of float32


def test_plateau_is_1_at_a_half():  # LSC row 3
    assert pascal_plateau(10, 0.5) == 1
    assert pascal_plateau(10, 1.0) == math.inf
    for rho in (0.3, 0.5, 0.7):
        limit = pascal_plateau(10, rho)
        assert pascal_gradient(300, 10, rho)[0] == pytest.approx(limit, rel=1e-6)


def test_gradient_at_1_counts_paths():  # LSC row 3
    counts = [lattice_paths(99 - t, 10) for t in range(100)]
    np.testing.assert_allclose(pascal_gradient(100, 10, 1.0), counts, rtol=1e-13)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lattice_paths(-1, 2), "`time` must be an integer >= 0"),
        (lambda: lattice_paths(1, 2.5), "`depth` must be an integer >= 0"),
        (lambda: continuous_lattice_paths(-1.0, 2), "`time` must be above -1"),
        (lambda: sum_over_paths(1, 1, -0.1, 1), "`over_time` must be at least 0"),
        (lambda: pascal_gradient(5, 0, 1.0), "`layers` must be an integer >= 1"),
        (lambda: pascal_plateau(5, math.nan), "`rho` must be at least 0"),
    ],
)
def test_numbers_out_of_range_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
