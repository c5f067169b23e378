"""An embedding and a read-out that share one matrix."""

from typing import Any

import keras

from keras_nonnormal._versions import ReversibleEmbedding


@keras.saving.register_keras_serializable("keras_nonnormal")
class TiedEmbedding(ReversibleEmbedding):
    """An embedding that is also the read-out, with a bias of its own.

    `embedding(tokens)` gives rows of the matrix, `embedding(states, reverse=True)`
    the logits `states @ matrix.T + bias`.

    Args:
        input_dim: Size of the vocabulary.
        output_dim: Width of the embedding and of the states that it reads out.
        **kwargs: As for `keras.layers.ReversibleEmbedding`.

    Call arguments:
        inputs: Integers `(batch, time)`; with `reverse`, states
            `(batch, time, output_dim)`.
        reverse: Whether to read out.

    Returns:
        `(batch, time, output_dim)`; with `reverse`, logits `(batch, time, input_dim)`.

    Reference:
        - [Press and Wolf, 2016](https://arxiv.org/abs/1608.05859)
    """

    def build(self, input_shape=None):
        super().build(input_shape)
        self.bias: Any = self.add_weight(
            shape=(self.input_dim,), initializer="zeros", name="bias"
        )

    def call(self, inputs, reverse=False):
        outputs: Any = super().call(inputs, reverse=reverse)
        if not reverse:
            return outputs
        return outputs + keras.ops.cast(self.bias, outputs.dtype)

    def save_own_variables(self, store):
        # What Keras's layer writes is a list that has no place for a bias.
        for variable in self._saved():
            store[variable.name] = variable.numpy()

    def load_own_variables(self, store):
        for variable in self._saved():
            variable.assign(store[variable.name])

    def _saved(self) -> tuple[Any, Any]:
        return self.embeddings, self.bias
