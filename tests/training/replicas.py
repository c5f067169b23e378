"""Trains on one CPU device and on two: a program of `test_strategy.py`.

TensorFlow is told how many devices there are before anything else is done with it.
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_nonnormal.datasets import (
    Corpus,
    Examples,
    Splits,
    Task,
    copying_task,
    language_stream,
)
from keras_nonnormal.layers import ExpRNN
from keras_nonnormal.optimizers import (
    AdaBelief,
    AveragedSGD,
    Lookahead,
    RMSpropKeras2,
)
from keras_nonnormal.recurrence import set_jit_compile
from keras_nonnormal.training import (
    RunDirectory,
    TrainingDiverged,
    placed,
    simple_recurrent_network,
    train,
)
from tests.training.schedules import HALVING, scheduled

SEED = 3


def copy():
    # 101 sequences at 100 a time: of the last batch, one replica gets nothing.
    task = copying_task(21, train=96, validation=101, test=16, seed=1)
    model = simple_recurrent_network(task, 12, activation="elu", init="chain", seed=1)
    # Most gradients are longer than this.
    rule = Lookahead(AdaBelief(1e-2, global_clipnorm=0.05), period=4)
    plan = {"epochs": 3, "reduce_on_plateau": HALVING, "keep_best": True}
    return model, task, {**plan, "optimizer": rule}


def poisoned():
    """Two classes of dense inputs, of which one row is infinite."""
    draw = np.random.default_rng(0)

    def examples(count):
        inputs = draw.normal(size=(count, 6)).astype("float32")
        return Examples(inputs, (inputs[:, 0] > 0).astype("int32"))

    task = Task(
        name="labels",
        splits=Splits(examples(48), examples(7), examples(9)),
        shuffle=False,
        encode=lambda x, y: (x[..., None], tf.cast(y, tf.int32)),
        input_width=1,
        output_width=2,
        per_step=False,
        length=6,
        trivial_loss=0.7,
    )
    task.splits.train.inputs[2 * 8 + 7] = np.inf  # third batch, second share
    inputs = keras.Input((6, 1))
    hidden = keras.layers.Dense(5, "tanh", kernel_constraint="max_norm")(
        keras.layers.Flatten()(inputs)
    )
    model = keras.Model(inputs, keras.layers.Dense(2)(hidden))
    return model, task, {"optimizer": RMSpropKeras2(1e-2), "epochs": 3}


def text():
    words = " ".join("abcde"[n] for n in np.random.default_rng(0).integers(0, 5, 700))
    corpus = Corpus.from_texts(words, words[:300], words[300:600])
    task = language_stream(corpus, bptt=10, evaluation_columns=5)  # not for two
    tokens, state = keras.Input((None,), dtype="int32"), keras.Input((6,))
    embedded = keras.layers.Embedding(task.input_width, 3)(tokens + 1)
    rnn = ExpRNN(
        6,
        trivialization="dynamic",
        rebase_every=7,
        kernel_regularizer="l2",
        return_sequences=True,
        return_state=True,
    )
    hidden, new = rnn(embedded, initial_state=state)
    logits = keras.layers.Dense(task.output_width)(hidden)
    model = keras.Model([tokens, state], [logits, new])
    rule = AveragedSGD(1.0, start=9, global_clipnorm=0.1)
    return model, task, {"epochs": 2, "optimizer": rule, "log_gradient_norm": True}


def trained(case, strategy, folder):
    """The curves, the test results and the weights of a training."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(SEED)
    directory = RunDirectory(folder)
    directory.claim({})
    with placed("cpu", strategy):
        model, task, settings = case()
        usual = {"batch_size": 8, "seed": SEED, "verbose": 0, "jit_compile": False}
        try:
            result = train(model, task, directory, **scheduled({**usual, **settings}))
        except TrainingDiverged as error:
            return {"step": error.step}
    curves = [
        {name: value for name, value in row.items() if name != "seconds"}
        for row in result.history
    ]
    weights = np.concatenate([np.ravel(each) for each in model.get_weights()])
    return {"curves": curves, "test": result.test, "weights": weights.tolist()}


CASES = {
    "copy": copy,
    "poisoned": poisoned,
    "text": text,
}


def main(folder):
    cpu = tf.config.list_physical_devices("CPU")[0]
    two = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(cpu, two)
    found = {}
    for name, case in CASES.items():
        set_jit_compile(name == "copy")
        found[name] = [
            trained(case, strategy, Path(folder, f"{name}-{strategy}"))
            for strategy in ("none", "mirrored")
            if strategy == "mirrored" or case is not poisoned
        ]
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
