from typing import Any

import numpy as np
from keras import ops

from keras_nonnormal.layers.stair_cell import bare


def driven(layer: Any) -> Any:
    """A copy of a built recurrent layer that takes an external drive besides its input.

    The drive $d_t$ is one number per time step and sample, the last feature of the
    input, added to the pre-activations of all units as it is: of an LSTM to those of
    the output gate alone, of a GRU to those of its candidate.

    Args:
        layer: A recurrent layer of this library that has been built for `features`
            features. It stays as it is.

    Returns:
        A layer of the same class with the same weights, built for `features + 1`; its
        state starts at zero.

    Raises:
        ValueError: If the layer is none of this library's, or is not built.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal import FusedSimpleRNN
    >>> from keras_nonnormal.layers import driven
    >>> layer = FusedSimpleRNN(4)
    >>> layer.build((None, 5, 1))
    >>> pixels, drive = np.ones((2, 5, 1)), np.zeros((2, 5, 1))
    >>> x = np.concatenate([pixels, drive], axis=-1).astype("float32")
    >>> bool((driven(layer)(x) == layer(pixels)).numpy().all())
    True

    Reference:
        - [arXiv 2006.12253](https://arxiv.org/abs/2006.12253), published code: the
          external step drive
    """
    if not hasattr(layer, "drive_row") or not layer.built:
        raise ValueError(
            f"Expected a built recurrent layer of keras_nonnormal. Received: {layer!r}"
        )
    copy = type(layer).from_config(layer.get_config())
    kernel = bare(layer.cell).kernel
    copy.build((1 if layer.stateful else None, None, kernel.shape[0] + 1))
    for variable, source in zip(copy.weights, layer.weights, strict=True):
        if variable is not bare(copy.cell).kernel:
            variable.assign(source)
    row = np.asarray(layer.drive_row())[None]
    bare(copy.cell).kernel.assign(
        ops.concatenate(
            [ops.convert_to_tensor(kernel), ops.cast(row, kernel.dtype)], axis=0
        )
    )
    return copy
