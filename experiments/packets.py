"""Several runs of an experiment as one training of many networks."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from experiments.experiment import Experiment, Run
from experiments.options import OptionError, flag

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
    on_end: Callable[[int, dict[str, Any] | None], None] = lambda number, summary: None,
) -> list[dict[str, Any] | None]:
    """Trains runs as one program; each run directory is what it would be alone.

    Args:
        experiment: The experiment.
        runs: The options of each run, `out` among them; unfinished runs go on.
        on_end: Called with a run's number and summary as soon as it has one.

    Returns:
        The summary of each run, None for one that diverged.
    """
    import keras

    from keras_nonnormal.training import (
        Member,
        RunDirectory,
        TrainingDiverged,
        on_device,
        train_many,
    )

    check_packet(experiment, runs)
    tasks: dict[int, Any] = {}
    summaries: list[dict[str, Any] | None] = [None] * len(runs)
    keras.utils.clear_session()
    with on_device(runs[0].device):
        members = []
        for options in runs:
            if options.seed not in tasks:
                tasks[options.seed] = experiment.data(options)
            task, directory = tasks[options.seed], RunDirectory(options.out)
            directory.claim(experiment.config(options), resume=True)
            keras.utils.set_random_seed(options.seed)
            model = experiment.model(task, options)
            optimizer = experiment.optimizer(options)
            members.append(Member(model, task, directory, optimizer, options.seed))

        def finish(number, outcome):
            if not isinstance(outcome, TrainingDiverged):
                task, directory = members[number].task, members[number].directory
                run = Run(runs[number], directory, outcome)
                experiment.draw([run], task, run.directory.curves)
                main = experiment.summary(run, task)
                summaries[number] = experiment.finish_run(run, main)
            on_end(number, summaries[number])

        settings = experiment.training(members[0].task, runs[0])
        train_many(
            members, on_end=finish, jit_compile=runs[0].compiles_steps, **settings
        )
    return summaries
