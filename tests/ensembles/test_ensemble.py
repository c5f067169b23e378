"""Many networks at once compute what each of them would alone."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from keras_nonnormal import (
    ALIF,
    LEM,
    AntisymmetricRNN,
    Chain,
    CoRNN,
    ExpRNN,
    FusedLSTM,
    FusedSimpleRNN,
    IndRNN,
    LipschitzRNN,
)
from keras_nonnormal.ensembles import Ensemble, MemberwiseOptimizer
from keras_nonnormal.optimizers import RMSpropKeras2

MEMBERS, BATCH, TIME = 3, 4, 6
RNG = np.random.default_rng(0)
X = RNG.standard_normal((MEMBERS, BATCH, TIME, 5)).astype("float32")
Y = RNG.integers(0, 4, (MEMBERS, BATCH, TIME))
RECURRENT = {
    "chain": lambda: FusedSimpleRNN(
        7, "elu", recurrent_initializer=Chain(1.02), return_sequences=True
    ),
    "backwards": lambda: FusedSimpleRNN(7, go_backwards=True, return_sequences=True),
    "LSTM": lambda: FusedLSTM(7, return_sequences=True),
    "expRNN": lambda: ExpRNN(7, activation="tanh", return_sequences=True),
    "AntisymmetricRNN": lambda: AntisymmetricRNN(7, 0.2, return_sequences=True),
    "LipschitzRNN": lambda: LipschitzRNN(7, 0.2, return_sequences=True),
    "CoRNN": lambda: CoRNN(7, return_sequences=True),
    "LEM": lambda: LEM(7, return_sequences=True),
    "IndRNN": lambda: IndRNN(7, return_sequences=True),
}


def network(kind, seed):
    keras.utils.set_random_seed(seed)
    between = layers.Activation("tanh")
    return keras.Sequential(
        [keras.Input((TIME, 5)), RECURRENT[kind](), between, layers.Dense(4)]
    )


def networks(kind="chain"):
    return [network(kind, seed) for seed in range(MEMBERS)]


@pytest.mark.parametrize("kind", RECURRENT)
def test_outputs_are_those_of_each_network_alone(kind):
    members = networks(kind)
    together = np.array(Ensemble(members)(X))
    for member, x, y in zip(members, X, together, strict=True):
        # Products of another shape are summed in another order, in float32.
        np.testing.assert_allclose(y, np.array(member(x)), rtol=1e-5, atol=1e-6)


def step(variables, forward, x, y, optimizer, axes):
    with tf.GradientTape() as tape:
        logits = forward(x)
        losses = keras.losses.sparse_categorical_crossentropy(y, logits, True)
        total = tf.reduce_sum(tf.reduce_mean(losses, axes))
    optimizer.apply(tape.gradient(total, [v.value for v in variables]))


RULES = {
    # Gradients of the first member are cut, those of the others are not.
    "rmsprop": lambda rate: RMSpropKeras2(rate, global_clipnorm=1.0),
    "adam": lambda rate: keras.optimizers.Adam(rate),
}


@pytest.mark.parametrize("rule", RULES)
def test_training_takes_every_network_where_it_goes_alone(rule):
    members, rates = networks(), [1e-2, 3e-3, 0.0]
    members[0].layers[-1].kernel.assign(10 * members[0].layers[-1].kernel)
    alone = [keras.models.clone_model(member) for member in members]
    for copy, member in zip(alone, members, strict=True):
        copy.set_weights(member.get_weights())
    optimizers = [RULES[rule](rate) for rate in rates]
    for optimizer, member in zip(optimizers, members, strict=True):
        optimizer.build(member.trainable_variables)
    ensemble = Ensemble(members)
    together = MemberwiseOptimizer(optimizers, ensemble.variables)
    for _ in range(5):
        step(ensemble.variables, ensemble, X, Y, together, (1, 2))
    for index, (copy, rate) in enumerate(zip(alone, rates, strict=True)):
        own = RULES[rule](rate)
        own.build(copy.trainable_variables)
        for _ in range(5):
            step(copy.trainable_variables, copy, X[index], Y[index], own, (0, 1))
        ensemble.write_back(index)
        together.write_back(index)
        # The tolerance is float32 rounding over five steps.
        for one, other in zip(copy.weights, members[index].weights, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=2e-6)
        for one, other in zip(own.variables, optimizers[index].variables, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-7)


def test_a_halted_member_stays_while_others_go_on():
    members = networks()
    optimizers = [keras.optimizers.Adam(1e-2) for _ in members]
    for optimizer, member in zip(optimizers, members, strict=True):
        optimizer.build(member.trainable_variables)
    ensemble = Ensemble(members)
    together = MemberwiseOptimizer(optimizers, ensemble.variables)
    together.halt(1)
    before = np.array(ensemble.variables[0])
    step(ensemble.variables, ensemble, X, Y, together, (1, 2))
    moved = [np.any(np.array(ensemble.variables[0])[i] != before[i]) for i in range(3)]
    assert moved == [True, False, True]


BAD = {
    "none": (lambda: [], "at least one"),
    "unlike": (
        lambda: [network("chain", 0), network("LSTM", 0)],
        "one shape",
    ),
    "layer": (
        lambda: [keras.Sequential([keras.Input((5,)), layers.LayerNormalization()])],
        "LayerNormalization.*one of many",
    ),
    "dropout": (
        lambda: [keras.Sequential([keras.Input((5, 2)), FusedLSTM(3, dropout=0.5)])],
        "without dropout",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_run_together_is_refused(case):
    make, message = BAD[case]
    with pytest.raises(ValueError, match=message) as caught:
        Ensemble(make())
    assert "\n" not in str(caught.value)


def test_steps_that_need_more_than_matrices_are_refused():
    ensemble = Ensemble([keras.Sequential([keras.Input((5, 2)), ALIF(3)])])
    with pytest.raises(ValueError, match=r"ALIF.*matrices can be made side by side"):
        ensemble(np.zeros((1, 2, 5, 2), "float32"))


def test_optimizers_that_look_at_all_gradients_are_refused():
    members = networks()
    ensemble = Ensemble(members)
    for arguments in ({"clipnorm": 1.0}, {"weight_decay": 0.1}):
        with pytest.raises(ValueError, match=next(iter(arguments))):
            MemberwiseOptimizer(
                [keras.optimizers.Adam(1e-3, **arguments) for _ in members],
                ensemble.variables,
            )
