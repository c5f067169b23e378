"""Noise in the place of training inputs keeps shape, type and, if shuffled, values."""

import numpy as np
import pytest
import tensorflow as tf

from keras_nonnormal.pretraining import StandIns
from keras_nonnormal.pretraining.stand_ins import NOISES


class Data:
    """Three batches of frames, or of tokens of a vocabulary of seven."""

    input_width = 7

    def __init__(self, tokens):
        draw = np.random.default_rng(1)
        frames = draw.random((3, 4, 5)).astype("float32")
        self.inputs = draw.integers(0, 7, (3, 4, 5)) if tokens else frames

    def training_batches(self, batch_size, seed):
        assert (batch_size, seed) == (4, 3)
        return tf.data.Dataset.from_tensor_slices((self.inputs, np.zeros(3)))

    def steps_per_epoch(self, batch_size):
        return 2


@pytest.mark.parametrize("tokens", [False, True])
@pytest.mark.parametrize("kind", NOISES)
def test_stand_ins_are_like_the_data(kind, tokens):
    data = Data(tokens)
    stand_ins = StandIns(data, kind, batch_size=4, seed=3)
    found, again = [*stand_ins], [*stand_ins]
    assert len(found) == 2
    for each, repeated, inputs in zip(found, again, data.inputs, strict=False):
        np.testing.assert_array_equal(each, repeated)
        assert (each.dtype, each.shape) == (inputs.dtype, inputs.shape)
        assert np.array_equal(each, inputs) == (kind == "data")
        values, own = np.sort(each, axis=None), np.sort(inputs, axis=None)
        assert np.array_equal(values, own) == (kind in ("data", "shuffled"))
        if tokens:
            assert set(values) <= set(range(7))
        elif kind == "bernoulli":
            assert set(values) == {0.0, 1.0}
        elif kind == "random":
            assert set(values) <= set(own)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="one of data, gaussian"):
        StandIns(Data(False), "noise")
