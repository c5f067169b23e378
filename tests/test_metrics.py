"""T6: accuracies that tell remembering from guessing."""

import keras
import numpy as np
import pytest

from keras_nonnormal.metrics import (
    BitsPerCharacter,
    LastStepAccuracy,
    ModeAccuracy,
    Perplexity,
    RecallAccuracy,
    ToleranceAccuracy,
)


def copy_targets(batch=4, length=50, symbols=10):
    targets = np.zeros((batch, length), "int32")
    targets[:, -symbols:] = np.random.default_rng(0).integers(1, 9, (batch, symbols))
    return targets


def logits_for(classes):
    return 5.0 * np.eye(9, dtype="float32")[classes]


def test_recall_accuracy_of_a_network_that_always_says_blank_is_zero_T6():
    targets = copy_targets()
    blank = logits_for(np.zeros_like(targets))
    assert float(RecallAccuracy()(targets, blank)) == 0.0
    everywhere = keras.metrics.SparseCategoricalAccuracy()
    assert float(everywhere(targets, blank)) == pytest.approx(0.8)


def test_recall_accuracy_counts_the_last_ten_steps_only_T6():
    targets = copy_targets()
    answers = targets.copy()
    answers[:, :-10] = 3  # nonsense before the recall does not matter
    answers[0, -10:] = 0  # one of four sequences forgotten
    assert float(RecallAccuracy()(targets, logits_for(answers))) == 0.75


def test_recall_accuracy_accumulates_over_batches_and_resets():
    metric, targets = RecallAccuracy(), copy_targets()
    metric.update_state(targets, logits_for(targets))
    metric.update_state(targets, logits_for(np.zeros_like(targets)))
    assert float(metric.result()) == 0.5
    metric.reset_state()
    metric.update_state(targets, logits_for(targets))
    assert float(metric.result()) == 1.0


def test_recall_accuracy_weighs_sequences():
    targets = copy_targets(batch=2)
    answers = targets.copy()
    answers[0] = 0
    per_sequence = RecallAccuracy()(targets, logits_for(answers), [0.0, 1.0])
    assert float(per_sequence) == 1.0


def test_recall_accuracy_looks_at_the_end_of_what_has_a_weight():
    targets = copy_targets(batch=2)
    answers = targets.copy()
    answers[1, -10:-5] = 0  # half of one of two sequences forgotten
    after = np.zeros((2, 7), int)
    targets, answers = np.hstack([targets, after]), np.hstack([answers, after + 3])
    weights = np.hstack([np.full((2, 50), 57 / 50), np.zeros((2, 7))])
    metric = RecallAccuracy()
    assert float(metric(targets, logits_for(answers), weights)) == 0.75
    # However the weights of another batch are normalised, it counts the same.
    metric.update_state(targets, logits_for(0 * answers), 9 * weights)
    assert float(metric.result()) == 0.375


def test_tolerance_accuracy_is_the_share_within_the_tolerance_T6():
    targets = np.array([[1.0], [1.0], [0.5], [0.5]], "float32")
    answers = targets + np.array([[0.03], [0.05], [-0.039], [-0.041]], "float32")
    assert float(ToleranceAccuracy(0.04)(targets, answers)) == 0.5


def test_bits_per_character_of_a_guess_among_n_is_log2_n():
    targets = np.array([[0, 7, 3]])
    assert float(BitsPerCharacter()(targets, np.zeros((1, 3, 8)))) == 3.0
    uniform = np.full((1, 3, 8), 1 / 8)
    metric = BitsPerCharacter(from_logits=False)
    assert float(metric(targets, uniform)) == pytest.approx(3.0)


def test_bits_per_character_is_a_mean_over_predictions_and_not_over_batches():
    metric = BitsPerCharacter()
    metric.update_state(np.zeros((2, 5), int), np.zeros((2, 5, 4)))  # 2 bits each
    certain = np.float32([100.0, 0, 0, 0])
    metric.update_state(np.zeros((1, 2), int), np.tile(certain, (1, 2, 1)))
    assert float(metric.result()) == pytest.approx(2 * 10 / 12)
    metric.reset_state()
    weights = np.array([[1, 0, 0]])
    metric.update_state([[0, 1, 1]], np.tile(certain, (1, 3, 1)), weights)
    assert float(metric.result()) == pytest.approx(0.0, abs=1e-6)
    guess = np.zeros((1, 3, 4))
    metric.update_state([[0, 1, 1]], guess, np.array([2 / 3]))  # one per sequence
    assert float(metric.result()) == pytest.approx(2 * 2 / 3)


def three_batches(seed=0):
    generator = np.random.default_rng(seed)
    for size in (2, 5, 3):
        targets = generator.integers(0, 6, (size, 7))
        yield targets, generator.normal(0, 2, (size, 7, 6)).astype("float32")


def nats(targets, logits):
    normalizer = np.log(np.exp(logits.astype("float64")).sum(-1))
    return normalizer - np.take_along_axis(logits, targets[..., None], -1)[..., 0]


def test_perplexity_is_the_exponential_of_the_mean_over_all_tokens():  # LSC row 46
    exact, published = Perplexity(), Perplexity(mean_of_batches=True)
    losses = []
    for targets, logits in three_batches():
        exact.update_state(targets, logits)
        published.update_state(targets, logits)
        losses.append(nats(targets, logits))
    expected = np.exp(np.concatenate(losses).mean())
    # Cross-entropies in float32.
    assert float(exact.result()) == pytest.approx(expected, rel=1e-6)
    means = [np.exp(loss.mean()) for loss in losses]
    assert float(published.result()) == pytest.approx(np.mean(means), rel=1e-6)
    assert float(published.result()) > float(exact.result())


@pytest.mark.parametrize("mean_of_batches", [False, True])
def test_perplexity_leaves_out_what_has_no_weight(mean_of_batches):  # LSC row 46
    targets, logits = next(three_batches())
    weights = np.zeros((2, 7))
    weights[:, :4] = 1.75
    metric = Perplexity(mean_of_batches)
    expected = np.exp(nats(targets, logits)[:, :4].mean())
    assert float(metric(targets, logits, weights)) == pytest.approx(expected, rel=1e-6)


def test_mode_and_last_step_accuracy_are_those_of_sequences():  # LSC row 46
    generator = np.random.default_rng(1)
    mode, last, hits = ModeAccuracy(), LastStepAccuracy(), []
    for size in (20, 7):
        labels = generator.integers(0, 3, size)
        logits = generator.normal(0, 1, (size, 5, 3)).astype("float32")
        targets = np.repeat(labels[:, None], 5, axis=1)
        mode.update_state(targets, logits)
        last.update_state(labels, logits)
        hits.append((logits.mean(1).argmax(-1) == labels, logits[:, -1].argmax(-1)))
        hits[-1] = (hits[-1][0], hits[-1][1] == labels)
    by_mode, at_end = (np.concatenate(part) for part in zip(*hits, strict=True))
    assert float(mode.result()) == pytest.approx(by_mode.mean())
    assert float(last.result()) == pytest.approx(at_end.mean())
    assert (by_mode != at_end).any()


def test_mode_and_last_step_accuracy_leave_out_padding():  # LSC row 46
    right, wrong = [0.0, 1.0], [3.0, 0.0]
    logits = np.float32([[right, right, wrong], [wrong, wrong, wrong]])
    targets = np.ones((2, 3), int)
    padded = np.array([[1, 1, 0], [0, 0, 0]])
    for metric in (ModeAccuracy(), LastStepAccuracy()):
        assert float(metric(targets, logits, padded)) == 1
        metric.reset_state()
        assert float(metric(targets, logits)) == 0
        metric.reset_state()
        per_sequence = metric(targets, logits[:, :2], np.array([3.0, 1.0]))
        assert float(per_sequence) == 0.75


@pytest.mark.parametrize(
    "metric",
    [
        RecallAccuracy(steps=4, name="r"),
        ToleranceAccuracy(0.1, name="t"),
        BitsPerCharacter(from_logits=False, name="b"),
        Perplexity(mean_of_batches=True, name="p"),
        ModeAccuracy(name="m"),
        LastStepAccuracy(name="l"),
    ],
)
def test_metrics_round_trip_by_their_registered_name(metric):
    copy = keras.metrics.deserialize(keras.metrics.serialize(metric))
    assert type(copy) is type(metric)
    assert copy.get_config() == metric.get_config()


def test_impossible_windows_and_tolerances_are_refused():
    with pytest.raises(ValueError, match="steps"):
        RecallAccuracy(steps=0)
    with pytest.raises(ValueError, match="tolerance"):
        ToleranceAccuracy(float("nan"))
