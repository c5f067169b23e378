"""Several runs of an experiment as one training of many networks."""

import contextlib
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from experiments.experiment import Experiment, Run
from experiments.options import OptionError, flag

Judge = Callable[[Mapping[str, float]], ArithmeticError | None]
# In what runs of a packet may differ.
FREE = {"init", "init_scale", "lr", "seed", "out", "resume"}


def check_packet(experiment: Experiment, runs: Sequence[Any]) -> None:
    """Raises an `OptionError` if runs cannot be trained as one.

    Args:
        experiment: The experiment.
        runs: The options of each run.
    """
    if experiment.family != "starts":
        raise OptionError(
            f"--vectorize: expected runs of {experiment.name}.py on starts (chain, "
            f"fbchain, orthogonal, identity), received {experiment.family}"
        )
    for run in runs:
        if run.strategy != "none":
            raise OptionError(
                "--vectorize: runs trained as one are on one device, expected "
                f"--strategy none, received {run.strategy}"
            )
        if run.compare is not None:
            raise OptionError("--vectorize: expected runs with --compare none")
        for field in dataclasses.fields(run):
            expected = getattr(runs[0], field.name)
            received = getattr(run, field.name)
            if field.name not in FREE and received != expected:
                raise OptionError(
                    f"{flag(field.name)}: runs trained as one share it, received "
                    f"{expected!r} and {received!r}"
                )


def run_packet(
    experiment: Experiment,
    runs: Sequence[Any],
    judge: Callable[[Any, Any], Judge] | None = None,
) -> list[dict[str, Any] | ArithmeticError]:
    """Trains runs as one program; each run directory is what it would be alone.

    Args:
        experiment: The experiment.
        runs: The options of each run, `out` among them; unfinished runs go on.
        judge: Maps a task and the options of a run to what says, of the metrics of an
            epoch, why the run is given up, if it is.

    Returns:
        The summary of each run, or why it has none: `TrainingDiverged`, or what the
        judge said.
    """
    import keras

    from keras_nonnormal.training import (
        Member,
        RunDirectory,
        on_device,
        train_many,
    )

    check_packet(experiment, runs)
    tasks: dict[int, Any] = {}
    ends: dict[int, dict[str, Any] | ArithmeticError] = {}
    keras.utils.clear_session()
    with on_device(runs[0].device), contextlib.ExitStack() as held:
        members = []
        for options in runs:
            if options.seed not in tasks:
                tasks[options.seed] = experiment.data(options)
            task = tasks[options.seed]
            directory = held.enter_context(RunDirectory(options.out))
            directory.claim(experiment.config(options), resume=True)
            keras.utils.set_random_seed(options.seed)
            model = experiment.model(task, options)
            optimizer = experiment.optimizer(options)
            members.append(Member(model, task, directory, optimizer, options.seed))

        def finish(number, outcome):
            ends[number] = outcome
            if not isinstance(outcome, ArithmeticError):
                task, directory = members[number].task, members[number].directory
                run = Run(runs[number], directory, outcome)
                experiment.draw([run], task, run.directory.curves)
                main = experiment.summary(run, task)
                ends[number] = experiment.finish_run(run, main)

        judges = [judge and judge(tasks[each.seed], each) for each in runs]

        def give_up(number, row):
            own = judges[number]
            return own(row) if own else None

        settings = experiment.training(members[0].task, runs[0])
        train_many(
            members,
            on_end=finish,
            give_up=give_up,
            jit_compile=runs[0].compiles_steps,
            **settings,
        )
    return [ends[number] for number in range(len(runs))]
