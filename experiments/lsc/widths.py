"""How many units the layers of a deep network have, and how many parameters it has."""

from collections.abc import Sequence

from experiments.lsc.tables import (
    EMBEDDING,
    GATED,
    LRU_WIDTH,
    SPIKING,
    TASK_SETTINGS,
    WIDTHS,
)
from experiments.options import OptionError

RULES = ("budget", "published-head")


def widths_of(
    task: str, net: str, stack: str, *, width: int | None = None, rule: str = "budget"
) -> tuple[int, ...]:
    """Units of every layer, from the lowest up.

    Args:
        task: One of the tasks.
        net: One of the networks.
        stack: The number of layers, `"5"`, or the units of each, `"500:100:300"`.
        width: Units of all layers, instead of those of the table.
        rule: `"budget"`, widths with which the networks of a task have about as many
            parameters, or `"published-head"`: the head of the published program, where
            all networks had those of the simple ones.

    Returns:
        A tuple of positive integers.

    Raises:
        OptionError: If the stack is not such a text.

    Example:

    >>> widths_of("wordptb", "LSTM", "5")
    (500, 100, 500, 100, 300)
    """
    numbers = _numbers(stack)
    if len(numbers) > 1:
        return tuple(numbers)
    depth = numbers[0]
    if width is not None:
        return (width,) * depth
    if net == "lru":
        return (LRU_WIDTH,) * depth
    table = WIDTHS[task]
    if rule == "published-head":
        return (table["simple"],) * depth
    base = table.get(net, table["simple"])
    if task != "wordptb":
        return (base,) * depth
    # Wide and narrow layers in turn; the last is as wide as the embedding.
    return (*((base, base // 5) * depth)[: depth - 1], EMBEDDING)


def count_parameters(
    net: str,
    widths: Sequence[int],
    features: int,
    classes: int,
    *,
    embedding: int = 0,
    tied: bool = False,
) -> int:
    """Trainable parameters of a deep network without building it.

    Args:
        net: One of the networks.
        widths: Units of its layers.
        features: Width of a frame, or words of the vocabulary.
        classes: Width of the read-out.
        embedding: Width of the embedding of words, or 0 if there is none.
        tied: Whether the read-out is the embedding; it then has no bias.

    Example:

    >>> count_parameters("LSTM", (94, 94), 700, 20)
    371884
    """
    lowest = embedding or features
    total = features * embedding
    for below, units in zip((lowest, *widths), widths, strict=False):
        total += _layer(net, below, units)
    return total if tied else total + widths[-1] * classes + classes


def table_parameters(task: str, net: str, depth: int) -> int:
    """Trainable parameters of a network of the table."""
    features, classes, *_ = TASK_SETTINGS[task]
    text = task == "wordptb"
    return count_parameters(
        net,
        widths_of(task, net, str(depth)),
        features,
        classes,
        embedding=EMBEDDING if text else 0,
        tied=text,
    )


def feed_forward_parameters(features: int, classes: int, depth: int, width: int) -> int:
    """Trainable parameters of `depth` dense layers and a read-out.

    Example:

    >>> feed_forward_parameters(784, 10, depth=30, width=128)
    580618
    """
    hidden = (depth - 1) * (width * width + width)
    return features * width + width + hidden + width * classes + classes


def _layer(net: str, below: int, units: int) -> int:
    square, kernel = units * units, below * units
    if net == "lru":
        states = 2 * units
        core = 4 * states * units + units + 3 * states
        gates, norm = 2 * (square + units), 2 * units
        adapter = 0 if below == units else kernel
        return core + gates + norm + adapter
    if net in GATED:
        gates, biases = {"LSTM": (4, 1), "GRU": (3, 2)}[net]
        return gates * (square + kernel + biases * units)
    return square + kernel + (4 if net in SPIKING else 1) * units


def _numbers(stack: str) -> list[int]:
    try:
        numbers = [int(each) for each in stack.split(":")]
        if min(numbers) < 1:
            raise ValueError
    except ValueError:
        raise OptionError(
            "--stack: expected a number of layers such as 5, or the units of each such "
            f"as 500:100:300, received {stack!r}"
        ) from None
    return numbers
