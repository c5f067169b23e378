from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_nonnormal")
class EmbeddingDropout(keras.layers.Dropout):
    """Dropout of whole tokens of a vocabulary: of rows of the embedding's matrix.

    While training, every token is dropped with probability `rate`, by one draw per
    call: all its occurrences in the batch are zero vectors. The vectors of the others
    are divided by `1 - rate`. A read-out that shares the matrix keeps all rows.

    Args:
        rate: Fraction of the vocabulary to drop, from 0 to 1.
        input_dim: Size of the vocabulary.
        seed: Optional seed of the draws.
        **kwargs: The arguments every Keras layer takes.

    Call arguments:
        embedded: The embedding of the tokens, `(batch, time, features)`.
        tokens: Integers from 0 to `input_dim - 1`, `(batch, time)`.
        training: Whether to drop anything.

    Returns:
        `(batch, time, features)`.

    Example:

    >>> import keras
    >>> tokens = keras.ops.array([[0, 1, 0, 1]])
    >>> embedded = keras.layers.Embedding(2, 3)(tokens)
    >>> dropped = EmbeddingDropout(0.5, input_dim=2)(embedded, tokens, training=True)
    >>> bool(keras.ops.all(dropped[:, :2] == dropped[:, 2:]))
    True

    Reference:
        - [Gal and Ghahramani, 2015](https://arxiv.org/abs/1512.05287), section 4.3
        - [Merity et al., 2017](https://arxiv.org/abs/1708.02182), section 4.3
    """

    def __init__(self, rate, input_dim, seed=None, **kwargs):
        super().__init__(rate, seed=seed, **kwargs)
        self.input_dim = input_dim

    def call(self, embedded, tokens, training=False):
        if not training or not self.rate:
            return embedded
        every = ops.ones((self.input_dim, 1), dtype=embedded.dtype)
        kept: Any = keras.random.dropout(every, self.rate, seed=self.seed_generator)
        return embedded * ops.take(kept, tokens, axis=0)

    def compute_output_shape(self, embedded_shape, tokens_shape=None):
        return embedded_shape

    def get_config(self):
        config = {**super().get_config(), "input_dim": self.input_dim}
        del config["noise_shape"]
        return config
