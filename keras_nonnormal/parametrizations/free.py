import keras

from keras_nonnormal._precision import precise
from keras_nonnormal.parametrizations.parametrization import Parametrization


@keras.saving.register_keras_serializable("keras_nonnormal")
class Free(Parametrization):
    """A matrix that is a variable.

    Args:
        initializer: Its start. Defaults to `"orthogonal"`.
        **kwargs: The arguments every Keras layer takes.
    """

    def __init__(self, initializer="orthogonal", **kwargs):
        super().__init__(**kwargs)
        self.initializer = keras.initializers.get(initializer)

    def build(self, shape):
        super().build(shape)
        self.recurrent_kernel = self.add_variable(
            "recurrent_kernel", shape, self.initializer
        )

    def matrix(self, training=False):
        return precise(self.recurrent_kernel)

    def get_config(self):
        return {
            **super().get_config(),
            "initializer": keras.initializers.serialize(self.initializer),
        }
