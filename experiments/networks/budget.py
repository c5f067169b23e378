"""How many parameters a network has, and the size that meets a number of them."""

import math
from collections.abc import Callable, Iterable

NETWORKS = ("RNN", "RNN-orth", "EURNN", "expRNN", "nnRNN", "LSTM", "ANRU", "GRU")
MOST_UNITS = 2**15  # more than any budget asks for that fits into a memory


def count_parameters(
    network: str,
    units: int,
    input_width: int,
    output_width: int,
    *,
    vocabulary: int = 0,
    tied: bool = False,
    modrelu: bool = True,
    shape: str | None = None,
    controller: int = 50,
    capacity: int = 4,
    fft: bool = False,
    complex: bool = True,
    stair_steps: int = 0,
) -> int:
    """Trained numbers of a network: recurrent layer, linear read-out, embedding.

    Args:
        network: One of `NETWORKS`.
        units: Hidden units, N.
        input_width: What the recurrent layer reads at a step, D: features, or the
            width of the embedding.
        output_width: Width of the read-out, C.
        vocabulary: Rows of the embedding; 0 if there is none.
        tied: Whether the read-out shares its weights with the embedding.
        modrelu: Whether an RNN, expRNN or nnRNN has modReLU and with it an offset per
            unit.
        shape: `"gamma"` if one of these learns the shape of a gamma for all units,
            `"gamma2"` if it learns one for each.
        controller: Units of the controller of an ANRU.
        capacity: Rotation stages of an EURNN, L.
        fft: Whether an EURNN has the log2 N stages of a fast Fourier transform.
        complex: Whether the state of an EURNN is complex.
        stair_steps: Time steps that a learned stair has numbers for; 0 if none is
            learned.

    Returns:
        The number. Of the trained matrices of expRNN and nnRNN only the entries above
        the diagonal count.

    Example:

    >>> count_parameters("nnRNN", 128, 10, 9)
    18953
    """
    if network not in NETWORKS:
        raise ValueError(
            f"Expected a network of {', '.join(NETWORKS)}. Received: {network!r}"
        )
    if network == "EURNN":
        recurrent = _eurnn(units, input_width, capacity, fft, complex)
    elif network == "ANRU":
        recurrent = _anru(units, input_width, controller)
    else:
        shapes = {None: 0, "gamma": 2, "gamma2": 2 * units}[shape]
        activation = shapes + (units if modrelu else 0)
        recurrent = _recurrent(network, units, input_width, activation)
    weights = 0 if tied else units * output_width
    readout = weights + output_width
    return recurrent + stair_steps + readout + vocabulary * input_width


def hidden_size_for_budget(
    network: str, budget: int, input_width: int, output_width: int, **network_options
) -> int:
    """The number of units whose parameters come closest to a budget.

    Args:
        network: One of `NETWORKS`.
        budget: The number of parameters to meet.
        input_width: As for `count_parameters`.
        output_width: As for `count_parameters`.
        **network_options: As for `count_parameters`.

    Returns:
        The hidden size: even where the network needs it, a power of two for an EURNN
        with `fft`, at least its capacity for one without.

    Example:

    >>> hidden_size_for_budget("LSTM", 18_953, input_width=10, output_width=9)
    63
    """

    def count(units):
        return count_parameters(
            network, units, input_width, output_width, **network_options
        )

    sizes: Iterable[int] = range(1, MOST_UNITS)
    if network == "EURNN" and network_options.get("fft"):
        sizes = [2**power for power in range(1, int(math.log2(MOST_UNITS)) + 1)]
    elif network == "EURNN":
        sizes = range(max(2, network_options.get("capacity", 4)), MOST_UNITS, 2)
    elif network == "nnRNN":
        sizes = range(2, MOST_UNITS, 2)
    return _closest(sizes, count, budget)


def eunn_capacity_for_budget(
    units: int,
    budget: int,
    input_width: int,
    output_width: int,
    *,
    vocabulary: int = 0,
    complex: bool = True,
) -> int:
    """The capacity with which the parameters of an EURNN come closest to a budget.

    Args:
        units: Hidden units, even.
        budget: The number of parameters to meet.
        input_width: As for `count_parameters`.
        output_width: As for `count_parameters`.
        vocabulary: As for `count_parameters`.
        complex: Whether the state is complex.

    Returns:
        The capacity, even, from 2 to `units`.

    Example:

    >>> eunn_capacity_for_budget(256, 18_953, input_width=10, output_width=9)
    44
    """

    def count(capacity):
        return count_parameters(
            "EURNN",
            units,
            input_width,
            output_width,
            vocabulary=vocabulary,
            capacity=capacity,
            complex=complex,
        )

    return _closest(range(2, units + 1, 2), count, budget)


def _recurrent(network, units, width, activation):
    """The counts of the other cells, without the read-out."""
    n, kernel = units, width * units
    return {
        "RNN": n * n + kernel + n + activation,  # with a bias
        "RNN-orth": n * n + kernel + n + activation,
        "expRNN": n * (n - 1) // 2 + kernel + activation,
        "nnRNN": n * (n - 1) + n + kernel + activation,  # skew, upper, theta, gamma
        "LSTM": 4 * (n * n + kernel + n),
        "GRU": 3 * (n * n + kernel + 2 * n),  # a bias in either product
    }[network]


def _eurnn(units, width, capacity, fft, complex):
    n, kernel = units, width * units
    rotations = n // 2 * round(math.log2(n)) if fft else capacity // 2 * (n - 1)
    if complex:  # an angle and a phase each, a diagonal, and twice the kernel
        return 2 * rotations + n + 2 * kernel + n
    return rotations + kernel + n


def _anru(units, width, controller):
    """The network and its controller, which read out gain and saturation."""
    n, g = units, controller
    return n * n + width * n + n + (g * g + g + g) + 2 * (g + 1)


def _closest(sizes: Iterable[int], count: Callable[[int], int], budget: int) -> int:
    """The size whose count is closest to the budget; counts grow with the size."""
    best, distance = 0, math.inf
    for size in sizes:
        now = abs(count(size) - budget)
        if now >= distance:
            break
        best, distance = size, now
    return best
