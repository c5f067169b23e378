"""LSC row 4: which radius every kind of transition should have."""

import math

import pytest

from keras_nonnormal.pretraining.targets import resolve_targets

STACK = ("rec/0", "enc/0", "rec/1", "depth/1", "dec")


def test_one_and_half_are_of_all_kinds_but_the_decoder():  # LSC row 4
    for target, value in (
        ("one", 1.0),
        (1, 1.0),
        ("half", 0.5),
        (0.5, 0.5),
        (2.0, 2.0),
    ):
        expected = dict.fromkeys(STACK, value) | {"dec": 1.0}
        assert resolve_targets(target, STACK, depth=2) == expected


def test_unbalanced_targets_sum_to_1(golden):  # LSC row 4
    found = resolve_targets("unbalanced", STACK, time=100, depth=3)
    over_time, over_depth = golden("lsc/lru")["targets_unbalanced"]
    assert found["rec/0"] == found["rec/1"] == pytest.approx(over_time, abs=1e-8)
    assert found["enc/0"] == found["depth/1"] == pytest.approx(over_depth, abs=1e-8)
    assert found["rec/0"] + found["depth/1"] == 1
    assert found["dec"] == 1


def test_auto_is_a_half_only_for_several_recurrent_layers():  # LSC row 4
    assert resolve_targets("auto", STACK, depth=2)["depth/1"] == 0.5
    assert resolve_targets("auto", ("rec/0", "enc/0"), depth=1)["rec/0"] == 1
    blocks = tuple(f"depth/{number}" for number in range(30))
    assert set(resolve_targets("auto", blocks, depth=30).values()) == {1.0}


def test_a_mapping_is_by_kind_and_by_transition():  # LSC row 4
    found = resolve_targets({"rec": 0.9, "rec/1": 0.8, "dec": 0.7}, STACK, depth=2)
    assert list(found.items()) == [
        ("rec/0", 0.9),
        ("enc/0", 0.5),
        ("rec/1", 0.8),
        ("depth/1", 0.5),
        ("dec", 0.7),
    ]
    assert resolve_targets({}, STACK, depth=2)["dec"] == 1


@pytest.mark.parametrize(
    ("target", "message"),
    [
        *((bad, r"number in \(0, 2\]") for bad in (0.0, -1, 2.001, math.nan, math.inf)),
        (True, r"number in \(0, 2\]. Received: True"),
        (None, r"number in \(0, 2\]. Received: None"),
        ({"rec": 3.0}, r"`target` of 'rec' must be a number in \(0, 2\]"),
        ({"time": 1.0}, "mapping of .*'rec', 'rec/0'.* Received: 'time'"),
        ("quarter", "one of .* Received: 'quarter'"),
        ("unbalanced", "number of steps and of layers"),
    ],
)
def test_targets_out_of_range_are_named(target, message):  # LSC row 4
    with pytest.raises(ValueError, match=message):
        resolve_targets(target, STACK, depth=2)


def test_a_feed_forward_network_has_nothing_to_balance():
    with pytest.raises(ValueError, match="recurrent layers only"):
        resolve_targets("unbalanced", ("depth/0",), time=5, depth=3)
