import numpy as np

from keras_nonnormal.analysis._checks import square_matrix


def peak_order(responses) -> np.ndarray:
    """Units in the order in which their activity peaks.

    Args:
        responses: Array `(time, units)`.

    Returns:
        An integer array `(units,)`; of units that peak at once the first is first.

    Raises:
        ValueError: If the array has another number of axes.

    Example:

    >>> print(peak_order([[0, 5, 1], [3, 1, 1], [1, 0, 2]]))
    [1 0 2]
    """
    responses = np.asarray(responses, np.float64)
    if responses.ndim != 2 or not responses.size:
        raise ValueError(
            "`responses` must have shape (time, units). "
            f"Received: shape {responses.shape}"
        )
    return np.argsort(responses.argmax(axis=0), kind="stable")


def weight_profile(matrix, order=None) -> np.ndarray:
    """Mean weight between units by how far apart they are in an order.

    In the order in which units peak after a pulse, a network that hands on what it
    remembers shows a bump at positive offsets, and one that is symmetric none.

    Args:
        matrix: Array `(units, units)` in column form: `matrix[i, j]` is the weight from
            unit j to unit i. Of a `recurrent_kernel` of Keras pass the transpose.
        order: Integer array `(units,)`, as `peak_order` gives. Defaults to the order
            they are in.

    Returns:
        An array `(2 * units - 1,)`: the mean of the weights to units that are
        `-(units - 1)`, ..., `units - 1` places behind the one they come from.

    Raises:
        ValueError: If `order` does not name every unit once.

    Example:

    >>> from keras_nonnormal.analysis import delay_line
    >>> weight_profile(delay_line(3, alpha=2.0))
    array([0., 0., 0., 2., 0.])

    Reference:

    - [Rajan, Harvey and Tank, 2016](https://doi.org/10.1016/j.neuron.2016.02.009)
    - [Orhan and Pitkow, 2020, figure 5](https://arxiv.org/abs/1905.13715)
    """
    matrix = square_matrix(matrix)
    units = len(matrix)
    if order is not None:
        if not np.array_equal(np.sort(order), np.arange(units)):
            raise ValueError(
                f"`order` must hold each of 0 to {units - 1} once. Received: {order}"
            )
        matrix = matrix[np.ix_(order, order)]
    place = np.arange(units)
    offsets = (place[:, None] - place + units - 1).ravel()
    return np.bincount(offsets, matrix.ravel()) / np.bincount(offsets)
