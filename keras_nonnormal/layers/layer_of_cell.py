"""A recurrent layer that takes the arguments of its cell."""

import inspect
from typing import Any

import keras

from keras_nonnormal.layers.fused_loop import FusedLoop
from keras_nonnormal.layers.stair_cell import bare


class LayerOfCell(FusedLoop, keras.layers.RNN):
    """Base of layers whose arguments are those of their cell and of the time loop.

    A subclass names its `cell_class`, and says what `FusedLoop` asks for.
    """

    cell: Any
    cell_class: Any

    def __init__(self, *args, **kwargs):
        loop = {name: kwargs.pop(name) for name in _LOOP & kwargs.keys()}
        shared = {name: kwargs[name] for name in _SHARED & kwargs.keys()}
        stair = {p.name: kwargs.pop(p.name, p.default) for p in _STAIR}
        cell = self.make_cell(*args, **kwargs, name="cell")
        super().__init__(cell, **loop, **shared)
        self._mount_stair(**stair)
        self.input_spec = [keras.InputSpec(ndim=3)]

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        # The arguments are mostly the cell's; editors and `help` should say so.
        own = "__init__" in vars(cls)
        signature = inspect.signature((cls if own else cls.cell_class).__init__)
        _, *parameters, others = signature.parameters.values()
        more = (_FUSED,) if own else (*_STAIR, _FUSED)
        cls.__signature__ = inspect.Signature([*parameters, *more, others])

    def make_cell(self, *args, **kwargs) -> Any:
        """The cell of a layer with these arguments, but for those of the loop."""
        return self.cell_class(*args, **kwargs)

    @property
    def units(self) -> int:
        """Dimensionality of the output space."""
        return self.cell.units

    def get_config(self):
        config = super().get_config()
        del config["cell"]
        config |= self.loop_config()
        cell = bare(self.cell).get_config()
        return {**{k: v for k, v in cell.items() if k not in config}, **config}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)


_LOOP = {
    "fused",
    "name",
    "activity_regularizer",
    "return_sequences",
    "return_state",
    "go_backwards",
    "stateful",
    "unroll",
    "zero_output_for_mask",
}
_SHARED = {"dtype", "trainable"}
_STAIR = tuple(
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)
    for name, default in (("stair", None), ("reset_step", False))
)
_FUSED = inspect.Parameter("fused", inspect.Parameter.KEYWORD_ONLY, default="auto")
