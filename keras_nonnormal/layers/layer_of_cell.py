"""A recurrent layer that takes the arguments of its cell."""

from collections.abc import Callable
from typing import Any

import keras

from keras_nonnormal.layers.arguments import LoopArguments
from keras_nonnormal.layers.fused_loop import FusedLoop
from keras_nonnormal.layers.stair_cell import bare


class LayerOfCell(FusedLoop, keras.layers.RNN):
    """Base of layers whose arguments are those of their cell and of the time loop.

    A subclass names its `cell_class`, and says what `FusedLoop` asks for. For type
    checkers, its `__init__` has the decorator `arguments_of(cell_class)`.
    """

    cell: Any
    cell_class: Callable[..., Any]

    def __init__(self, *args, stair=None, reset_step=False, **kwargs):
        names = LoopArguments.__annotations__.keys() & kwargs.keys()
        loop = {name: kwargs[name] for name in names}
        of_cell = {k: v for k, v in kwargs.items() if k not in names - _SHARED}
        super().__init__(self.make_cell(*args, **{**of_cell, "name": "cell"}), **loop)
        self._mount_stair(stair, reset_step)
        self.input_spec = [keras.InputSpec(ndim=3)]

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


_SHARED = {"autocast", "dtype", "trainable"}
"""Arguments of both the cell and the layer."""
