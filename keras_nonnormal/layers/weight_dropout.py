"""Dropout of the entries of a recurrent kernel."""

from typing import Any

import keras
from keras import ops


class WeightDropout:
    """Mixin for a `FusedLoop` whose cell owns its recurrent kernel: DropConnect.

    While training, each entry of the recurrent kernel is zero with probability
    `weight_dropout` and divided by `1 - weight_dropout` otherwise, by one draw per call
    for all samples and time steps. The variable itself stays whole: it is what starts
    as the initializer says, what is penalised, trained and saved.

    Reference:
        - [Wan et al., 2013](https://proceedings.mlr.press/v28/wan13.html)
        - [Merity et al., 2017](https://arxiv.org/abs/1708.02182), section 2
    """

    cell: Any
    weight_dropout: float = 0.0

    def _mount_weight_dropout(self, rate: float) -> None:
        """Sets the rate, once the cell exists."""
        if not 0 <= rate < 1:
            raise ValueError(
                "Expected `weight_dropout` to be at least 0 and less than 1. "
                f"Received: weight_dropout={rate!r}"
            )
        self.weight_dropout = float(rate)

    def recurrent_matrix(self, training: bool = False):
        """The recurrent kernel, while training with a part of its entries dropped."""
        kernel = self.cell.recurrent_kernel
        if not (training and self.weight_dropout):
            return kernel
        kernel = ops.convert_to_tensor(kernel)
        generator = self.cell.seed_generator
        return keras.random.dropout(kernel, self.weight_dropout, seed=generator)

    def made_once(self, training: bool) -> dict[str, Any]:
        """The recurrent kernel of one draw of the dropout, for Keras's own loop."""
        return {"recurrent_kernel": self.recurrent_matrix(training)}

    def get_config(self):
        config = super().get_config()  # pyright: ignore[reportAttributeAccessIssue]
        if self.weight_dropout:
            config["weight_dropout"] = self.weight_dropout
        return config
