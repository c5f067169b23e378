import pytest
import tensorflow as tf

from keras_nonnormal.training import DeviceError, on_device


def test_cpu_places_tensors_on_the_cpu():
    with on_device("cpu"):
        assert "CPU:0" in tf.constant(1.0).device


def test_auto_leaves_placement_alone():
    default = tf.constant(1.0).device
    with on_device("auto"):
        assert tf.constant(1.0).device == default


def test_a_gpu_that_is_not_there_is_refused_in_one_line():
    missing = len(tf.config.list_physical_devices("GPU"))
    with pytest.raises(DeviceError, match=f"gpu:{missing}") as error:
        on_device(f"gpu:{missing}")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["tpu", "gpu:", "gpu:x", "", "cpu:1"])
def test_unknown_names_are_refused(name):
    with pytest.raises(DeviceError, match="Expected a device"):
        on_device(name)
