import contextlib
import re


class DeviceError(ValueError):
    """A device that TensorFlow does not see."""


def on_device(name: str = "auto"):
    """A context in which models are built and trained on a chosen device.

    TensorFlow takes GPU memory as it needs it rather than all at once.

    Args:
        name: `"cpu"`, `"gpu"` (the first), `"gpu:1"` (the second, and so on), or
            `"auto"`, which leaves placement to TensorFlow: the first GPU if there is
            one.

    Returns:
        A context manager.

    Raises:
        DeviceError: If the name is none of these or there is no such device.

    Example:

    ```python
    with on_device("gpu:1"):
        model = simple_recurrent_network(task, 100, activation="elu")
        train(model, task, directory, ...)
    ```
    """
    import tensorflow as tf

    match = re.fullmatch(r"auto|cpu|gpu(?::(\d+))?", name.lower())
    if match is None:
        raise DeviceError(
            f"Expected a device 'auto', 'cpu', 'gpu' or 'gpu:1'. Received: {name!r}"
        )
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        # Too late once TensorFlow has started the device.
        with contextlib.suppress(RuntimeError):
            tf.config.experimental.set_memory_growth(gpu, True)
    if match[0] == "auto":
        return contextlib.nullcontext()
    if match[0] == "cpu":
        return tf.device("CPU:0")
    number = int(match[1] or 0)
    if number >= len(gpus):
        seen = f"{len(gpus)} GPU(s)" if gpus else "no GPU"
        raise DeviceError(
            f"Expected a device that is there: TensorFlow sees {seen}. "
            f"Received: {name!r}; 'cpu' and 'auto' work everywhere."
        )
    return tf.device(f"GPU:{number}")
