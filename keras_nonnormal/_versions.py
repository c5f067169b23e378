"""All that differs between the supported versions of Keras, and which these are.

Each difference comes with its reason and the version from which on it can go. What
Keras does is found out by asking it, never from its number.
"""

import platform
import re
from typing import Any

from keras_nonnormal.version import __version__

BACKENDS = ("tensorflow", "jax", "torch")

SUPPORTED = {
    "Python": ("3.11", "3.14"),
    "keras": ("3.10", "4"),
    "tensorflow": ("2.18", "3"),
}
"""The lowest version that is tested, and the first that is known not to do."""


def check(name: str, installed: str) -> None:
    """Raises an ImportError, of one line, where a version is not supported."""
    lowest, end = SUPPORTED[name]
    if not number(lowest) <= number(installed)[:2] < number(end):
        raise ImportError(
            f"keras_nonnormal {__version__} supports {name} >={lowest},<{end}. "
            f"Installed: {name} {installed}"
        )


def number(version: str) -> tuple[int, ...]:
    """The first three parts of a version: (3, 16, 0) of 3.16.0.dev20261027."""
    return tuple(map(int, re.findall(r"\d+", version)[:3]))


check("Python", platform.python_version())

try:
    import keras
except ModuleNotFoundError as error:
    if error.name not in BACKENDS:
        raise
    raise ImportError(
        f"Keras is set to the backend '{error.name}', which is not installed. Install "
        f"it by pip install 'keras_nonnormal[{error.name}]', or let KERAS_BACKEND name "
        f"one that is, of {', '.join(BACKENDS)}"
    ) from error

check("keras", keras.__version__)
if keras.backend.backend() not in BACKENDS:
    raise ImportError(
        f"keras_nonnormal runs on the Keras backends {', '.join(BACKENDS)}. Received: "
        f"'{keras.backend.backend()}'. Let KERAS_BACKEND name one of them"
    )
if keras.backend.backend() == "tensorflow":
    import tensorflow

    check("tensorflow", tensorflow.__version__)


def recurrent_layers_pass_masks_on() -> bool:
    """Whether a layer behind `keras.layers.RNN` sees the mask that came before it.

    Up to Keras 3.15 it does. From 3.16 on it sees none: of two recurrent layers on
    padded tokens the second reads what the first gives out in the padding. The layers
    of the library do as Keras's. Can go with Keras 3.15.
    """
    return bool(keras.layers.SimpleRNN(1).supports_masking)


def being_saved() -> bool:
    """Whether Keras is writing a model. It has no public way to ask; False if none."""
    try:
        from keras.src.backend.common.global_state import get_global_attribute
    except ImportError:
        return False
    return get_global_attribute("shared_objects/id_to_config_map") is not None


class _ReversibleEmbedding(keras.layers.Embedding):
    """`keras.layers.ReversibleEmbedding` with tied weights.

    Keras has it since 3.12. Can go with Keras 3.11.
    """

    def __init__(self, *args, tie_weights=True, **kwargs):
        unused = {name: kwargs.pop(name, None) for name in _REVERSED}
        if not tie_weights or any(value is not None for value in unused.values()):
            raise ValueError(
                "Untied weights, `reverse_dtype` and `logit_soft_cap` need Keras 3.12. "
                f"Received: tie_weights={tie_weights!r}, {unused}"
            )
        super().__init__(*args, **kwargs)

    def call(self, inputs, reverse=False):
        if not reverse:
            return super().call(inputs)
        return keras.ops.matmul(inputs, keras.ops.transpose(self.embeddings))

    def compute_mask(self, inputs, mask=None):
        # States that are read out are no tokens; what is masked of them stays so.
        tokens = "int" in keras.backend.standardize_dtype(inputs.dtype)
        return super().compute_mask(inputs, mask) if tokens else mask

    def compute_output_spec(self, inputs, reverse=False):
        shape = (*inputs.shape[:-1], self.input_dim) if reverse else None
        shape = shape or (*inputs.shape, self.output_dim)
        return keras.KerasTensor(shape, dtype=self.compute_dtype)


_REVERSED = ("reverse_dtype", "logit_soft_cap")

ReversibleEmbedding: Any = getattr(
    keras.layers, "ReversibleEmbedding", _ReversibleEmbedding
)
