"""Several runs as one training of many networks: a vectorized group."""

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from experiments.core.options import OptionError, flag
from experiments.core.parts import RECIPES
from experiments.core.program import Program
from experiments.core.run import Trained, config, draw, finish, summary_of

Judge = Callable[[Mapping[str, float]], ArithmeticError | None]


def check_vectorized(programs: Sequence[Program]) -> None:
    """Raises an `OptionError` if runs cannot be trained as one.

    Args:
        programs: The program of each run.
    """
    first = programs[0]
    recipe = first.recipe
    if not recipe.vectorized:
        able = ", ".join(name for name, each in RECIPES.items() if each.vectorized)
        raise OptionError(
            f"--vectorize: expected runs of the recipe {able}, received "
            f"{first.script}.py of {recipe.name}"
        )
    for program in programs:
        if program.run.strategy != "none":
            raise OptionError(
                "--vectorize: runs trained as one are on one device, expected "
                f"--strategy none, received {program.run.strategy}"
            )
        if program.options.get("compare") is not None:
            raise OptionError("--vectorize: expected runs with --compare none")
        for name, received in program.options.items():
            expected = first.options[name]
            if name not in {*recipe.vectorized, "seed", "out", "resume"} and (
                received != expected
            ):
                raise OptionError(
                    f"{flag(name)}: runs trained as one share it, received "
                    f"{json.dumps(expected)} and {json.dumps(received)}"
                )


def train_vectorized(
    programs: Sequence[Program], judge: Callable[[Program, Any], Judge] | None = None
) -> list[dict[str, Any] | ArithmeticError]:
    """Trains runs as one program; each run directory is what it would be alone.

    Args:
        programs: The program of each run, with its directory; unfinished runs go on.
        judge: Maps a run and its task to a function of the metrics of an epoch that
            says why the run is given up, if it is.

    Returns:
        The summary of each run, or why it has none: `TrainingDiverged`, or what the
        judge said.
    """
    import keras

    from keras_nonnormal.training import Member, RunDirectory, on_device, train_many

    check_vectorized(programs)
    tasks: dict[int, Any] = {}
    ends: dict[int, dict[str, Any] | ArithmeticError] = {}
    keras.utils.clear_session()
    first = programs[0]
    with on_device(first.run.device), contextlib.ExitStack() as held:
        members = []
        for program in programs:
            seed, recipe = program.run.seed, program.recipe
            if seed not in tasks:
                tasks[seed] = program.task.load(seed)
            directory = held.enter_context(RunDirectory(program.run.out))
            directory.claim(config(program), resume=True)
            keras.utils.set_random_seed(seed)
            model = program.network.model(program, tasks[seed])
            optimizer = recipe.new_optimizer(program, tasks[seed])
            members.append(Member(model, tasks[seed], directory, optimizer, seed))
        judges = [judge and judge(each, tasks[each.run.seed]) for each in programs]

        def end(number: int, outcome: Any) -> None:
            ends[number] = outcome
            if not isinstance(outcome, ArithmeticError):
                task, directory = members[number].task, members[number].directory
                trained = Trained(programs[number], directory, outcome)
                draw([trained], task, directory.curves)
                main = summary_of(trained, task)
                ends[number] = finish(
                    programs[number], directory, main, {"compared": []}
                )

        def give_up(number: int, row: Mapping[str, float]) -> ArithmeticError | None:
            own = judges[number]
            return own(row) if own else None

        train_many(
            members,
            on_end=end,
            give_up=give_up,
            jit_compile=first.compiles_steps,
            **first.recipe.training(first, members[0].task),
        )
    return [ends[number] for number in range(len(programs))]
