"""What networks make of test sequences that are not like those they were trained on."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from experiments.options import OptionError
from experiments.tables import aligned
from experiments.testing import weights

Scores = dict[str, dict[str, float]]


def scores_under(
    transforms: Iterable[str], model: Any, task: Any, options: Any
) -> Scores:
    """Loss and metrics of a network on the test split, transform by transform.

    Args:
        transforms: Some of `transform_options.TRANSFORMS`.
        model: A `keras.Model` as `models.network` makes it; it stays as it is.
        task: Its `keras_nonnormal.datasets.Task`.
        options: The `TransformOptions`.

    Returns:
        The scores of each.
    """
    return {each: _scores(each, model, task, options) for each in transforms}


def run_test(experiment: Any, options: Any) -> dict[str, Any]:
    """Tests a network that is kept in a run directory, which stays as it is.

    Args:
        experiment: The experiment.
        options: The options of the run and of the test.

    Returns:
        What was tested, and its scores.

    Raises:
        OptionError: If the network cannot be loaded.
    """
    from keras_nonnormal.recurrence import set_jit_compile
    from keras_nonnormal.training import on_device

    set_jit_compile(options.jit is not False)
    file = weights(options)
    with on_device(options.device):
        task = experiment.data(options)
        model = _kept(experiment, file, task, options)
        scores = scores_under(options.transforms, model, task, options)
    print("\n".join(scores_table(f"{options.start}, {file.name}", scores)))
    return {
        "experiment": experiment.name,
        "directory": str(options.out),
        "start": options.start,
        "weights": str(file.relative_to(Path(options.out))),
        "tests": scores,
    }


def scores_table(title: str, scores: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Loss and accuracy under each transform as lines."""
    rows = [(title, "loss", "accuracy")]
    for transform, each in scores.items():
        cells = f"{each['loss']:.4f}", f"{each['accuracy']:.2%}"
        rows.append(("test" if transform == "none" else f"test, {transform}", *cells))
    return aligned(rows)


def _scores(transform, model, task, options) -> dict[str, float]:
    from keras_nonnormal.datasets import driven_task, step_drive, transformed_task
    from keras_nonnormal.training import WatchedModel, loss_and_metrics

    step = (options.step_size, options.step_length, options.step_position)
    if transform == "drive":
        drive = step_drive(task.length, *step, period=task.length)
        model, task = _driven(model, task), driven_task(task, drive)
    elif transform != "none":
        task = transformed_task(task, _function(transform, task.length, step, options))
    watched: Any = WatchedModel(model)
    loss, metrics = loss_and_metrics(task)
    watched.compile(
        loss=loss, weighted_metrics=metrics, jit_compile=options.compiles_steps
    )
    batches = task.evaluation_batches("test")
    scores = watched.evaluate(batches, verbose=0, return_dict=True)
    return {name: float(value) for name, value in scores.items() if name != "penalty"}


def _function(transform, period, step, options):
    from keras_nonnormal.datasets import local_linear, sin_transform, step_transform

    sine = (options.sin_frequency, options.sin_phase, options.sin_amplitude)
    return {
        "sin": lambda x: sin_transform(x, *sine, period=period),
        "step": lambda x: step_transform(x, *step, period=period),
        "lin": lambda x: local_linear(x, options.lin_period),
    }[transform]


def _driven(model, task):
    """The network with a drive as one more feature, weights shared but for a kernel."""
    import keras

    from keras_nonnormal.layers import driven

    recurrent = driven(model.get_layer("recurrent"))
    inputs = keras.Input((task.length, task.input_width + 1), name="driven_sequence")
    return keras.Model(inputs, model.get_layer("readout")(recurrent(inputs)))


def _kept(experiment, file, task, options):
    """The network of a file."""
    import keras

    from keras_nonnormal.training import WatchedModel
    from keras_nonnormal.training.weights import UNREADABLE

    try:
        if file.suffix == ".keras":
            return keras.saving.load_model(file, compile=False)
        model = experiment.model(task, options)
        watched: Any = WatchedModel(model)
        watched.compile(experiment.optimizer(options))
        watched.optimizer.build(watched.trainable_variables)
        watched.load_weights(file)
    except UNREADABLE as error:
        reason = str(error).strip().splitlines()[0]
        raise OptionError(f"--test: cannot load {file}: {reason}") from error
    return model
