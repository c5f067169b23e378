from collections.abc import Callable
from functools import partial
from typing import Any

import keras

from keras_nonnormal.activations.gamma_layer import Gamma
from keras_nonnormal.activations.modrelu import ModReLU

ACTIVATIONS: dict[str, Callable[..., Any]] = {
    "modrelu": ModReLU,
    "gamma": partial(Gamma, shared=True),
    "gamma2": Gamma,
}
"""The activations of this library by name; each name makes a new one."""


def get(identifier: Any, dtype: Any = None) -> Any:
    """An activation from its name, its configuration, or itself.

    Args:
        identifier: A key of `ACTIVATIONS`, anything that `keras.activations.get` takes,
            or None for the identity.
        dtype: Dtype or policy of an activation that a name makes.

    Returns:
        A callable; a Keras layer where the activation has variables.
    """
    if isinstance(identifier, str) and identifier in ACTIVATIONS:
        # Always of one name, by which optimizers know its variables.
        return ACTIVATIONS[identifier](dtype=dtype, name=identifier)
    return keras.activations.get(unbuilt(identifier))


def unbuilt(identifier: Any) -> Any:
    """A configuration without the shapes its layer was built for; others unchanged.

    The layer is then built by its owner, below whose path its variables belong.
    """
    if not isinstance(identifier, dict):
        return identifier
    return {k: v for k, v in identifier.items() if k != "build_config"}
