from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_nonnormal.training.distributed.data_parallel import share_of_rows
from keras_nonnormal.training.watched_model import WatchedModel


class CarriedState(WatchedModel):
    """A `WatchedModel` whose states go on from one batch to the next.

    For texts that are longer than what gradients can be propagated through: they are
    cut into columns and these into chunks, and a batch holds the next chunk of every
    column. The states at the end of a chunk are those at the beginning of the next; no
    gradient goes back through them. They are zero at the beginning of every epoch of
    `fit` and of every `evaluate`. `predict` goes on from wherever they are; see
    `reset_states`.

    Chunks may have different lengths if the network allows it. The number of columns is
    fixed when this model is made, one for training and one for evaluation; unless they
    are equal, each has states of its own. Replicas keep the states of their shares of
    the columns.

    Args:
        network: A functional `keras.Model` with inputs `[tokens, *states]` and outputs
            `[logits, *new_states]`; tokens are `(columns, time)`, a state and the new
            state in its place `(columns, units)`.
        columns: The numbers of columns of a batch: when training and when evaluating.
        usual_length: Integer, the number of steps with a weight at which an update is
            made at the full learning rate; that of other chunks is in proportion, so
            that every token counts alike. None has all updates at the full rate.
        **kwargs: The arguments of `WatchedModel`.

    Raises:
        ValueError: If the network does not give back the states it takes.

    Example:

    ```python
    tokens = keras.Input((None,), dtype="int32")
    state = keras.Input((64,))
    embedded = keras.layers.Embedding(50, 16)(tokens)
    rnn = keras.layers.SimpleRNN(64, return_sequences=True, return_state=True)
    hidden, new_state = rnn(embedded, initial_state=state)
    logits = keras.layers.Dense(50)(hidden)
    network = keras.Model([tokens, state], [logits, new_state])
    model = CarriedState(network, columns=(128, 10))
    ```

    Reference:
        - [Kerg et al. 2019](https://arxiv.org/abs/1905.12080), published code of the
          experiment on Penn Treebank
        - [Merity, Keskar and Socher, 2017](https://arxiv.org/abs/1708.02182), section
          5: `usual_length`
    """

    def __init__(
        self,
        network: keras.Model,
        columns: Sequence[int],
        *,
        usual_length: int | None = None,
        **kwargs,
    ):
        super().__init__(network, **kwargs)
        self.usual_length = usual_length
        inputs, outputs = _shapes(network.inputs), _shapes(network.outputs)
        if len(inputs) < 2 or inputs[1:] != outputs[1:]:
            raise ValueError(
                "Expected a network with inputs `[tokens, *states]` and outputs "
                "`[logits, *new_states]` of the same shapes. Received: inputs of "
                f"shapes {inputs} and outputs of shapes {outputs}"
            )
        shares = {share_of_rows(count, self.replicas) for count in columns}
        self._states = {
            str(count): [
                self.add_weight(
                    shape=(count, *state.shape[1:]),
                    dtype=state.dtype,
                    initializer="zeros",
                    trainable=False,
                    name=f"state_{number}_of_{count}",
                )
                for number, state in enumerate(network.inputs[1:])
            ]
            for count in sorted(shares)
        }

    def call(self, inputs, training=None):
        count = str(inputs.shape[0])
        if count not in self._states:
            raise ValueError(
                f"Expected batches of {' or '.join(self._states)} columns, all of one "
                "number when training, and when evaluating. "
                f"Received: inputs of shape {tuple(inputs.shape)}"
            )
        states = self._states[count]
        outputs: Any = self.network(
            [inputs, *(ops.convert_to_tensor(state) for state in states)],
            training=training,
        )
        logits, *new_states = outputs
        for state, new in zip(states, new_states, strict=True):
            state.assign(ops.cast(ops.stop_gradient(new), state.dtype))
        return logits

    def train_step(self, data):
        """Called by Keras for every batch."""
        if self.usual_length is None:
            return super().train_step(data)
        _, _, weight = data
        steps = ops.sum(ops.cast(weight[0] != 0, "float32"))
        optimizer: Any = self.optimizer
        rate = ops.copy(optimizer.learning_rate)
        optimizer.learning_rate = rate * (steps / self.usual_length)
        results = super().train_step(data)
        optimizer.learning_rate = rate
        return results

    def reset_states(self) -> None:
        """Sets the states of all columns to zero."""
        for states in self._states.values():
            for state in states:
                state.assign(ops.zeros_like(state.value))

    def save_own_variables(self, store):
        """Called by Keras. States are zero wherever training goes on: none is kept."""
        store["0"] = self._first_not_finite

    def load_own_variables(self, store):
        """Called by Keras."""
        self._first_not_finite.assign(store["0"])

    def reset_metrics(self):
        """Called by Keras at the beginning of every epoch and every evaluation."""
        super().reset_metrics()
        self.reset_states()


def _shapes(tensors):
    return [tuple(tensor.shape) for tensor in tensors]
