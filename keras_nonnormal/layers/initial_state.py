from typing import Any

from keras import ops


def checked_state(layer: Any, states: list, sequences: Any) -> list:
    """The initial state of a layer, with its number and shapes checked.

    A layer with a stair also takes the time steps of several encoders side by side,
    as they come when all states of a `Bidirectional` encoder are concatenated. They
    are equal, and it goes on from the latest.

    Args:
        layer: A built `keras.layers.RNN` whose states are all `(batch, size)`.
        states: List of tensors.
        sequences: Tensor `(batch, time, features)`.

    Raises:
        ValueError: If number or shapes of the states are others than the layer's.
    """
    sizes = layer.state_size
    stair = getattr(layer, "stair", None)
    if stair and len(states) == len(sizes) and len(states[-1].shape) == 2:
        states = [*states[:-1], ops.max(states[-1], axis=-1, keepdims=True)]
    batch = sequences.shape[0]
    received = [tuple(state.shape) for state in states]
    fits = len(received) == len(sizes) and all(
        len(shape) == 2
        and shape[1] == size
        and (batch is None or shape[0] in (None, batch))
        for shape, size in zip(received, sizes, strict=True)
    )
    if not fits:
        expected = ", ".join(str((batch, size)) for size in sizes)
        raise ValueError(
            f"Layer '{layer.name}' ({type(layer).__name__}): expected `initial_state` "
            f"to be a list of {len(sizes)} tensor{'s' * (len(sizes) > 1)} of shape "
            f"{expected}. Received: {len(received)} of shape "
            f"{', '.join(map(str, received))}"
        )
    return states
