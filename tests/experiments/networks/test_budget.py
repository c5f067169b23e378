"""Row 38: parameter counts and the sizes that meet a budget."""

import pytest

from experiments.core.parts import network_names
from tests.experiments.settings import (
    capacity_for_budget,
    count_parameters,
    hidden_size_for_budget,
    made,
)

NETWORKS = network_names("gamma")

# (input width, read-out, vocabulary) of the published comparisons.
COPY, DIGITS, TEXT = (10, 9, 0), (1, 10, 0), (200, 50, 50)
PUBLISHED = [
    (COPY, "RNN", 128, 19_081),
    (COPY, "nnRNN", 128, 18_953),
    (COPY, "expRNN", 176, 18_929),
    (COPY, "expRNN", 128, 10_697),
    (COPY, "LSTM", 63, 19_224),
    (COPY, "LSTM", 128, 72_329),
    (DIGITS, "RNN", 512, 268_810),
    (DIGITS, "nnRNN", 512, 268_298),
    (DIGITS, "expRNN", 722, 268_955),
    (DIGITS, "expRNN", 512, 136_970),
    (DIGITS, "LSTM", 257, 268_832),
    (DIGITS, "LSTM", 512, 1_057_802),
    (TEXT, "RNN", 1024, 1_316_674),
    (TEXT, "nnRNN", 1024, 1_315_650),
    (TEXT, "expRNN", 1386, 1_317_741),
    (TEXT, "expRNN", 1024, 790_850),
    (TEXT, "LSTM", 475, 1_318_200),
    (TEXT, "LSTM", 1024, 5_078_850),
]


@pytest.mark.parametrize(("task", "network", "units", "count"), PUBLISHED)
def test_published_counts_and_the_size_that_meets_them(task, network, units, count):
    inputs, outputs, vocabulary = task
    widths = {"input_width": inputs, "output_width": outputs, "vocabulary": vocabulary}
    assert count_parameters(network, units, **widths) == count
    assert hidden_size_for_budget(network, count, **widths) == units


@pytest.mark.parametrize(
    ("task", "budget", "network", "units"),
    [
        (COPY, 18_953, "expRNN", 176),
        (COPY, 18_953, "LSTM", 63),
        (DIGITS, 269_000, "nnRNN", 512),
        (DIGITS, 269_000, "expRNN", 722),
        (DIGITS, 269_000, "LSTM", 257),
        (TEXT, 1_317_000, "expRNN", 1386),
        (TEXT, 1_317_000, "LSTM", 475),
    ],
)
def test_the_sizes_of_the_comparison_share_a_budget(task, budget, network, units):
    inputs, outputs, vocabulary = task
    assert (
        hidden_size_for_budget(network, budget, inputs, outputs, vocabulary=vocabulary)
        == units
    )


@pytest.mark.parametrize(
    ("task", "units", "budget", "real", "complex"),
    [
        (COPY, 256, 18_953, 108, 44),
        (DIGITS, 1024, 268_298, 500, 248),
        (TEXT, 2048, 1_315_650, 774, 186),
    ],
)
def test_capacities_that_reach_the_budget_of_nnrnn(task, units, budget, real, complex):
    inputs, outputs, vocabulary = task
    for is_complex, capacity in ((False, real), (True, complex)):
        widths = (inputs, outputs, vocabulary)
        found = capacity_for_budget(units, budget, *widths, complex=is_complex)
        assert found == capacity


def test_recurrent_parameters_of_the_four_kinds_of_rotations():
    """Section 5.3: kernel and offset besides, no read-out."""
    n, d, capacity = 16, 3, 6
    cell = {"output_width": 0, "input_width": d}
    for fft, complex, rotations, maps in (
        (False, False, capacity // 2 * (n - 1), d * n),
        (False, True, capacity * (n - 1) + n, 2 * d * n),
        (True, False, n // 2 * 4, d * n),
        (True, True, n * 4 + n, 2 * d * n),
    ):
        count = count_parameters(
            "EURNN", n, **cell, capacity=capacity, fft=fft, complex=complex
        )
        assert count == rotations + maps + n


def test_sizes_for_a_budget_are_sizes_the_network_can_have():
    for budget in (500, 1000, 5000, 9999):
        assert hidden_size_for_budget("nnRNN", budget, 10, 9) % 2 == 0
        tunable = hidden_size_for_budget("EURNN", budget, 10, 9, capacity=8)
        assert tunable % 2 == 0
        assert tunable >= 8
        power = hidden_size_for_budget("EURNN", budget, 10, 9, fft=True)
        assert power & (power - 1) == 0


@pytest.mark.parametrize("network", NETWORKS)
def test_no_size_is_closer_to_the_budget(network):
    def miss(units):
        return abs(count_parameters(network, units, 10, 9) - 12_345)

    units = hidden_size_for_budget(network, 12_345, 10, 9)
    assert miss(units) <= min(miss(units - 2), miss(units + 2))


def test_tied_weights_count_once():
    counts = [
        count_parameters("RNN", 8, 8, 5, vocabulary=5, tied=tied)
        for tied in (False, True)
    ]
    assert counts[0] - counts[1] == 8 * 5


def test_the_network_of_the_starts_is_counted_as_it_is_built():
    """Runs with `--rounds` need the number, too."""
    sizes = {"train_size": 4, "validation_size": 2, "test_size": 2, "batch_size": 2}
    program = made("copy", "starts", T=21, units=5, **sizes).program
    task = program.task.load(1)
    built = program.network.model(program, task)
    assert program.network.parameters(program, task) == built.count_params()
