"""Many trainings at once leave what each of them would leave alone."""

import keras
import numpy as np
import pytest

from keras_nonnormal.datasets import copying_task
from keras_nonnormal.optimizers import RMSpropKeras2
from keras_nonnormal.training import (
    Member,
    RunDirectory,
    TrainingDiverged,
    simple_recurrent_network,
    train,
    train_many,
)
from tests.training.schedules import scheduled

RATES = {1: 1e-3, 2: 3e-3}
SETTINGS = {"batch_size": 8, "jit_compile": False, "verbose": 0}
SIZES = {"train": 32, "validation": 12, "test": 12}


@pytest.fixture(scope="module")
def tasks():
    return {seed: copying_task(22, seed=seed, **SIZES) for seed in RATES}


def parts(folder, seed, tasks, rate=None):
    keras.utils.set_random_seed(seed)
    network = simple_recurrent_network(tasks[seed], 6, activation="elu", seed=seed)
    directory = RunDirectory(folder / str(seed))
    directory.claim({}, resume=True)
    optimizer = RMSpropKeras2(rate or RATES[seed], global_clipnorm=1.0)
    return network, tasks[seed], directory, optimizer, seed


def alone(folder, seed, tasks, epochs, **settings):
    network, task, directory, optimizer, seed = parts(folder, seed, tasks)
    arguments = {"optimizer": optimizer, "seed": seed, "epochs": epochs}
    settings = {**arguments, **SETTINGS, **settings}
    return train(network, task, directory, **scheduled(settings))


def together(folder, tasks, epochs, rates=None, **settings):
    rates = rates or RATES
    members = [Member(*parts(folder, s, tasks, rate)) for s, rate in rates.items()]
    settings = {"epochs": epochs, **SETTINGS, **settings}
    return train_many(members, **scheduled(settings))


@pytest.fixture(scope="module")
def expected(tmp_path_factory, tasks):
    folder = tmp_path_factory.mktemp("alone")
    return {seed: alone(folder, seed, tasks, epochs=2) for seed in RATES}, folder


def agree(outcome, wanted):
    """Rounding in float32 over 8 steps."""
    assert len(outcome.history) == len(wanted.history)
    for row, other in zip(outcome.history, wanted.history, strict=True):
        assert list(row) == list(other)
        for name in set(row) - {"seconds"}:
            assert row[name] == pytest.approx(other[name], rel=2e-4, abs=1e-6), name
    assert outcome.test == pytest.approx(wanted.test, rel=2e-4, abs=1e-6)


def test_every_run_is_what_it_would_be_alone(tmp_path, tasks, expected):
    wanted, folder = expected
    ended = []
    outcomes = together(tmp_path, tasks, 2, on_end=lambda n, _: ended.append(n))
    assert sorted(ended) == [0, 1]
    for seed, outcome in zip(RATES, outcomes, strict=True):
        agree(outcome, wanted[seed])
        names = sorted(f.name for f in (tmp_path / str(seed)).rglob("*.*"))
        assert names == sorted(f.name for f in (folder / str(seed)).rglob("*.*"))
        models = [
            keras.saving.load_model(each / str(seed) / "model.keras")
            for each in (tmp_path, folder)
        ]
        for one, other in zip(*(m.get_weights() for m in models), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_runs_go_on_from_wherever_each_of_them_was_stopped(tmp_path, tasks, expected):
    wanted, _ = expected
    alone(tmp_path, 2, tasks, epochs=1)
    for seed, outcome in zip(RATES, together(tmp_path, tasks, 2), strict=True):
        agree(outcome, wanted[seed])


def test_one_that_diverges_leaves_the_other_alone(tmp_path, tasks, expected):
    wanted, _ = expected
    rates = {1: 1e30, 2: RATES[2]}
    diverged, other = together(tmp_path, tasks, 2, rates)
    assert isinstance(diverged, TrainingDiverged)
    assert (diverged.step, diverged.epoch) == (2, 1)
    assert not (tmp_path / "1" / "model.keras").exists()
    agree(other, wanted[2])


def test_one_that_is_done_leaves_the_other_alone(tmp_path, tasks, expected):
    wanted, _ = expected
    levels = [wanted[seed].history[0]["val_loss"] for seed in RATES]
    outcomes = together(tmp_path, tasks, 2, stop_below=sum(levels) / 2)
    lengths = [len(outcome.history) for outcome in outcomes]
    assert lengths == ([1, 2] if levels[0] < levels[1] else [2, 1])
    agree(outcomes[lengths.index(2)], wanted[1 + lengths.index(2)])
    assert outcomes[lengths.index(1)].stopped_early
