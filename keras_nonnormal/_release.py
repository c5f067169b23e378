"""The release that saved a model; an older one says so where it cannot read it."""

import functools
import warnings
from typing import Any

import keras

from keras_nonnormal._versions import being_saved, number
from keras_nonnormal.version import __version__

KEY = "keras_nonnormal_release"


def remember_in_saved_models() -> None:
    """Has every registered class of the library note the release in saved models.

    It stands beside the arguments, only while a model is saved: what `get_config`
    gives to others can be handed to the class as before.
    """
    for name, value in keras.saving.get_custom_objects().items():
        if name.startswith("keras_nonnormal>") and hasattr(value, "from_config"):
            _remember_in(value)


def _remember_in(cls: Any) -> None:
    plain_get, plain_from = cls.get_config, cls.from_config.__func__

    @functools.wraps(plain_get)
    def get_config(self):
        config = plain_get(self)
        return {**config, KEY: __version__} if being_saved() else config

    @functools.wraps(plain_from)
    def from_config(cls, config, *args, **kwargs):
        release = config.get(KEY, __version__)
        config = {name: value for name, value in config.items() if name != KEY}
        if number(release) <= number(__version__):
            return plain_from(cls, config, *args, **kwargs)
        newer = (
            f"{cls.__name__} was saved by keras_nonnormal {release}, which is newer "
            f"than this one, {__version__}"
        )
        how = f"Install it by pip install 'keras_nonnormal>={release}'"
        try:
            result = plain_from(cls, config, *args, **kwargs)
        except (TypeError, ValueError, KeyError) as error:
            text = f"{newer} and cannot read it ({error}). {how}"
            raise ValueError(text) from error
        warnings.warn(f"{newer}. {how} if results differ", stacklevel=2)
        return result

    cls.get_config, cls.from_config = get_config, classmethod(from_config)
