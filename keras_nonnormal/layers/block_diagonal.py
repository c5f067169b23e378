from typing import Any

from keras import ops


def block_diagonal(blocks: Any, heads: int) -> Any:
    """The matrices of several parts, each of which is block-diagonal.

    Args:
        blocks: Tensor `(units, parts * units / heads)`: the rows of a head, `units /
            heads` of them, are its blocks of all parts side by side.
        heads: Positive integer that divides `units`.

    Returns:
        Tensor `(units, parts * units)`, the matrices of all parts side by side.
    """
    if heads == 1:
        return blocks
    units, width = blocks.shape
    size = units // heads
    split = ops.reshape(blocks, (heads, size, width // size, size))
    spread = ops.einsum("hipj,hk->hipkj", split, ops.eye(heads, dtype=blocks.dtype))
    return ops.reshape(spread, (units, heads * width))


def checked_heads(heads: Any, units: int) -> int:
    """The number of heads, if it can be one.

    Raises:
        ValueError: If it is not a positive integer that divides `units`.
    """
    if heads != int(heads) or heads < 1 or units % int(heads):
        raise ValueError(
            f"Expected `heads` to be a positive integer that divides {units} units. "
            f"Received: heads={heads!r}"
        )
    return int(heads)
