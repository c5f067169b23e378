from typing import Any

import keras
from keras import ops


def precise(tensor: Any) -> Any:
    """A tensor or variable in its own dtype, but in float32 if that is narrower."""
    tensor = ops.convert_to_tensor(tensor)
    return ops.cast(tensor, precise_dtype(tensor.dtype))


def precise_dtype(dtype: Any) -> str:
    """The wider of a floating-point dtype and float32."""
    return keras.backend.result_type(dtype, "float32")
