"""Settings of a training by name, for `train` and `train_many`."""

import dataclasses

from keras_nonnormal.training import Schedule

NAMES = {field.name for field in dataclasses.fields(Schedule)}
HALVING = {"factor": 0.5, "patience": 0}


def scheduled(settings):
    """The settings as keyword arguments, those of a `Schedule` put together in one."""
    others = {name: value for name, value in settings.items() if name not in NAMES}
    own = {name: value for name, value in settings.items() if name in NAMES}
    return {"schedule": Schedule(**own), **others}
