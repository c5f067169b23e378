"""Experiments that are watched while they train."""

import dataclasses
from collections.abc import Callable
from typing import Any

from experiments.experiment import Experiment


def watched(
    experiment: Experiment, callbacks: Callable[[Any, Any], list[Any]]
) -> Experiment:
    """The same experiment with more Keras callbacks in its trainings.

    Args:
        experiment: The experiment.
        callbacks: Maps a task and options to the callbacks.
    """
    kind = type(experiment)

    class Watched(kind):
        def training(self, task, options):
            settings = kind.training(self, task, options)
            own = settings.get("callbacks", ())
            return {**settings, "callbacks": [*own, *callbacks(task, options)]}

    fields = dataclasses.fields(experiment)
    return Watched(**{field.name: getattr(experiment, field.name) for field in fields})
