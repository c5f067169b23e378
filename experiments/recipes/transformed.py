"""Tests of networks on sequences that are not like those they were trained on."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from experiments.core.directory import weights
from experiments.core.options import OptionError
from experiments.core.program import Program
from experiments.core.report import aligned

Scores = dict[str, dict[str, float]]


def scores_under(
    transforms: Iterable[str], model: Any, task: Any, program: Program
) -> Scores:
    """Loss and metrics of a network on the test split, transform by transform.

    The transforms are some of `tasks.psmnist.TRANSFORMS`; the program has their
    numbers. The model, as `networks.stack` makes it, stays as it is.
    """
    return {each: _scores(each, model, task, program) for each in transforms}


def run_test(program: Program) -> dict[str, Any]:
    """The file and the scores of a network in a run directory, which stays as it is."""
    from keras_nonnormal.recurrence import set_jit_compile
    from keras_nonnormal.training import placed

    run = program.run
    set_jit_compile(run.jit is not False)
    file = weights(program)
    with placed(run.device, run.strategy):
        task = program.task.load(run.seed)
        model = _kept(program, file, task)
        scores = scores_under(program.task.transforms, model, task, program)
    print("\n".join(_table(f"{program.start}, {file.name}", scores)))
    return {
        "experiment": program.script,
        "directory": str(run.out),
        "start": program.start,
        "weights": str(file.relative_to(Path(run.out or ""))),
        "tests": scores,
    }


def _table(title: str, scores: Mapping[str, Mapping[str, float]]) -> list[str]:
    rows = [(title, "loss", "accuracy")]
    for transform, each in scores.items():
        name = "test" if transform == "none" else f"test, {transform}"
        rows.append((name, f"{each['loss']:.4f}", f"{each['accuracy']:.2%}"))
    return aligned(rows)


def _scores(transform, model, task, program) -> dict[str, float]:
    from keras_nonnormal.training import WatchedModel, loss_and_metrics

    model, task = _transformed(transform, model, task, program.task)
    watched: Any = WatchedModel(model)
    loss, metrics = loss_and_metrics(task)
    watched.compile(
        loss=loss, weighted_metrics=metrics, jit_compile=program.compiles_steps
    )
    batches = task.evaluation_batches("test")
    scores = watched.evaluate(batches, verbose=0, return_dict=True)
    return {name: float(value) for name, value in scores.items() if name != "penalty"}


def _transformed(transform, model, task, options) -> tuple[Any, Any]:
    """The model and the task of a test; with a drive, both have one more feature."""
    from keras_nonnormal import datasets

    step = (options.step_size, options.step_length, options.step_position)
    if transform == "none":
        return model, task
    if transform == "drive":
        drive = datasets.step_drive(task.length, *step, period=task.length)
        return _driven(model, task), datasets.driven_task(task, drive)
    sine = (options.sin_frequency, options.sin_phase, options.sin_amplitude)
    function, arguments = {
        "sin": (datasets.sin_transform, (*sine, task.length)),
        "step": (datasets.step_transform, (*step, task.length)),
        "lin": (datasets.local_linear, (options.lin_period,)),
    }[transform]
    return model, datasets.transformed_task(task, lambda x: function(x, *arguments))


def _driven(model, task):
    """The network with a drive as one more feature, weights shared but for a kernel."""
    import keras

    from keras_nonnormal.layers import driven

    recurrent = driven(model.get_layer("recurrent"))
    inputs = keras.Input((task.length, task.input_width + 1), name="driven_sequence")
    return keras.Model(inputs, model.get_layer("readout")(recurrent(inputs)))


def _kept(program, file, task):
    """The network of a file."""
    import keras

    from keras_nonnormal.training import WatchedModel
    from keras_nonnormal.training.weights import UNREADABLE

    try:
        if file.suffix == ".keras":
            return keras.saving.load_model(file, compile=False)
        model = program.network.model(program, task)
        watched: Any = WatchedModel(model)
        watched.compile(program.recipe.new_optimizer(program, task))
        watched.optimizer.build(watched.trainable_variables)
        watched.load_weights(file)
    except UNREADABLE as error:
        reason = str(error).strip().splitlines()[0]
        raise OptionError(f"--test: cannot load {file}: {reason}") from error
    return model
