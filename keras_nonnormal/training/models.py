"""The networks of Orhan and Pitkow (2020) and what they are trained for."""

from typing import Any

import keras

from keras_nonnormal.initializers import simple_rnn_initializers
from keras_nonnormal.layers import FusedSimpleRNN
from keras_nonnormal.metrics import (
    BitsPerCharacter,
    RecallAccuracy,
    ToleranceAccuracy,
)

FEWEST_UNITS_FOR_PARTS = 256
"""From so many units on, XLA gains nothing beside what the recurrence compiles."""


def simple_recurrent_network(
    task,
    units: int,
    *,
    activation: str,
    init: str = "chain",
    init_scale: float | None = None,
    seed: int | None = None,
) -> keras.Model:
    """One vanilla recurrent layer and a linear read-out, for a task.

    The layer returns every step, `(batch, time, units)`, where the task asks for
    something at every step, and the last one, `(batch, units)`, where it does not.
    The read-out gives logits, or the numbers to regress.

    Args:
        task: A `keras_nonnormal.datasets.Task`.
        units: Integer, hidden units. The paper has 100, and 25 for psMNIST.
        activation: Activation of the hidden units. The paper has elu for copy and
            psMNIST, relu for addition, whose remembered numbers are positive.
        init: Start of the recurrent matrix by name: `"chain"`, `"fbchain"`,
            `"orthogonal"` or `"identity"`; see `simple_rnn_initializers`.
        init_scale: Float, the free gain of that start. None takes the default of the
            name.
        seed: Non-negative integer for the random ones among the initial weights of
            the recurrent layer. The read-out follows `keras.utils.set_random_seed`.

    Returns:
        A functional `keras.Model`, not yet compiled.

    Reference:
        - [Orhan and Pitkow 2020](https://arxiv.org/abs/1905.13715), section 3.1
    """
    kernel: Any
    recurrent: Any
    kernel, recurrent = simple_rnn_initializers(
        init, units, scale=init_scale, seed=seed
    )
    inputs = keras.Input((task.length, task.input_width), name="sequence")
    hidden = FusedSimpleRNN(
        units,
        activation=activation,
        kernel_initializer=kernel,
        recurrent_initializer=recurrent,
        return_sequences=task.per_step,
        name="recurrent",
    )(inputs)
    outputs = keras.layers.Dense(task.output_width, name="readout")(hidden)
    return keras.Model(inputs, outputs, name=f"{task.name}_{init}")


def loss_and_metrics(task) -> tuple[keras.losses.Loss, list[Any]]:
    """The loss a task is trained on, and metrics that mean something for it.

    Class numbers as targets ask for cross-entropy of logits in nats, averaged over
    the steps that have a target; anything else for the mean squared error. Metrics are
    meant for `weighted_metrics`: steps that have no target have a weight of 0.

    Args:
        task: A `keras_nonnormal.datasets.SequenceTask`.

    Returns:
        A tuple `(loss, metrics)` for `keras.Model.compile`.
    """
    if not task.classification:
        return keras.losses.MeanSquaredError(), [
            ToleranceAccuracy(),
            keras.metrics.MeanAbsoluteError(name="mean_absolute_error"),
        ]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    if task.recall_steps is not None:
        return loss, [RecallAccuracy(task.recall_steps)]
    accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
    if task.stateful:
        return loss, [BitsPerCharacter(), accuracy]
    return loss, [accuracy]


def compiles_whole_steps(model: keras.Model) -> bool:
    """Whether XLA is the faster one for a whole training step on a CPU.

    It is where layers are small. In wide recurrent layers the time goes into products
    outside the recurrence, of which XLA makes no faster ones, and compiles longer.

    Args:
        model: A Keras model.
    """
    layers = model._flatten_layers()
    recurrent = (layer for layer in layers if isinstance(layer, keras.layers.RNN))
    widths = (getattr(layer, "units", 0) for layer in recurrent)
    return max(widths, default=0) < FEWEST_UNITS_FOR_PARTS
