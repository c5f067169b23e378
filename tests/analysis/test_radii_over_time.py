import keras
import numpy as np

from keras_nonnormal.analysis import RadiiOverTime
from tests.helpers import compiled_recurrences


def test_radii_over_time_are_of_states_that_follow_one_another():  # LSC row 61
    layer = keras.layers.SimpleRNN(3, activation="linear", return_sequences=True)
    model = keras.Sequential([keras.Input((4, 2)), layer])
    with compiled_recurrences(False):
        radii_over_time = RadiiOverTime(model)
        for scale in (0.3, 2.0):
            kernel, recurrent, bias = model.get_weights()
            recurrent = scale * np.diag([1.0, -0.5, 0.2])
            model.set_weights([kernel, recurrent, bias])
            (radii,) = radii_over_time(np.ones((5, 4, 2)))
            np.testing.assert_allclose(radii, np.full((5, 3), scale), rtol=1e-5)
