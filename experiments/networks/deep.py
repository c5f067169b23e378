"""Deep recurrent networks: layers on top of one another, dropout before each.

Herranz-Celotti and Rouat (2023). Networks have the names they have there: `rsimplernn`
is a simple RNN with relu, or with swish on Penn Treebank, `ssimplernn` one with the
logistic function; `maLSNN` are adaptive spiking neurons (ALIF+), `maLSNNb` the same
with adaptation of either sign (ALIF±); `lru` are residual blocks of linear recurrent
units.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from experiments.core.options import OptionError, flag, option
from experiments.core.program import Network

GATED = ("LSTM", "GRU")
SIMPLE = ("rsimplernn", "ssimplernn")
SPIKING = ("maLSNN", "maLSNNb")
NETWORKS = (*GATED, *SIMPLE, *SPIKING, "lru")
DEPTHS = (2, 5)
# Networks that an option acts on.
ACTS_ON = {"dampening": SPIKING, "activation": SIMPLE}

# Units of every layer; all networks of a task have about as many parameters.
WIDTHS = {
    "heidelberg": {"LSTM": 94, "GRU": 117, "simple": 256},
    "sl_mnist": {"LSTM": 42, "GRU": 53, "simple": 128},
    "wordptb": {"LSTM": 500, "GRU": 625, "simple": 1300},
}
EMBEDDING = 300  # and the units of the last layer on Penn Treebank
LRU_WIDTH = 128
RULES = ("budget", "published-head")
# Where XLA's products outside the recurrence are no longer the faster ones on a CPU.
FEWEST_UNITS_FOR_PARTS = 256


@dataclass(frozen=True)
class DeepNetwork(Network):
    """Recurrent layers one upon the other, with a read-out of every step."""

    names, recipes, scripts = NETWORKS, ("lsc",), ("deep_rnn",)
    selector = "net"

    net: str = option(
        "LSTM",
        "recurrent layers; rsimplernn has relu (swish on wordptb), ssimplernn the "
        "logistic function, maLSNN and maLSNNb are adaptive spiking neurons",
        choices=NETWORKS,
        alias="net_name",
    )
    stack: str = option("2", "number of layers, or units of each: 500:100:300")
    width: int | None = option(
        None,
        "units of all layers (default: those of the published table)",
        low=1,
        alias="n_neurons",
    )
    widths_rule: str = option(
        "budget",
        "published widths: with as many parameters in all networks, or those of the "
        "program's head, where all networks are as wide as the simple ones",
        choices=RULES,
    )
    activation: str | None = option(
        None,
        "activation of the simple networks (default: that of their name)",
        choices=("relu", "swish", "sigmoid", "tanh"),
    )
    dampening: float = option(0.5, "size of a spike's surrogate gradient", above=0)
    dropout: float = option(0.3, "dropout before each layer", low=0, high=0.99)
    embedding: int | None = option(
        None, "wordptb: width of the embedding (default: as the table says)", low=1
    )
    tied: bool = option(True, "wordptb: the read-out is the embedding")

    def settled(self, program):
        task = program.task
        units = self.units_of(task)
        if task.text and self.embedding is None:
            alike = self.tied or self.net == "lru"
            self.settle(embedding=units[-1] if alike else EMBEDDING)
        if task.text and self.tied and self.embedding != units[-1]:
            raise OptionError(
                f"--embedding: it is the read-out, expected the {units[-1]} "
                "units of the last layer, or --no-tied, received "
                f"{self.embedding}"
            )
        if len(set(units)) > 1 and self.net == "lru":
            raise OptionError(
                "--stack: blocks of lru are residual, expected one width, received "
                f"{self.stack!r}"
            )
        return self

    def units_of(self, task: Any) -> tuple[int, ...]:
        """Units of every layer, from the lowest up, given the task's options."""
        return widths_of(
            task.task, self.net, self.stack, width=self.width, rule=self.widths_rule
        )

    def check_target(self, recipe: Any) -> None:
        """Raises an `OptionError` if the network cannot have a target: none."""

    def words(self, program):
        units = ":".join(map(str, self.units_of(program.task)))
        return [self.net, f"{units} units", program.recipe.stability]

    def label(self, program):
        stack = self.stack.replace(":", "c")
        return "-".join([program.task.task, self.net, stack, program.recipe.pretrain])

    def compiles_steps(self, program):
        if program.run.jit is not None:
            return program.run.jit
        return max(self.units_of(program.task)) < FEWEST_UNITS_FOR_PARTS

    def function(self, task: Any) -> str:
        """The activation of a simple network, given the task's options."""
        if self.activation:
            return self.activation
        if self.net == "ssimplernn":
            return "sigmoid"
        return "swish" if task.text else "relu"

    def parameters(self, program, task):
        options = program.task
        features, classes, _ = options.frames
        if options.text and task is not None:
            features = classes = task.input_width
        return count_parameters(
            self.net,
            self.units_of(options),
            features,
            classes,
            embedding=(self.embedding or 0) if options.text else 0,
            tied=options.text and self.tied,
        )

    def model(self, program, task, *, carried: bool | None = None):
        """The network; see `experiments.networks.deep_stack.build`."""
        from experiments.networks.deep_stack import build

        return build(program, task, task.stateful if carried is None else carried)

    def remarks(self, program, given):
        said = program.recipe.said(program, given)
        for name, networks in ACTS_ON.items():
            if name in said and self.net not in networks:
                yield f"{flag(name)} has no effect: the network is {self.net}"
        for name in ("embedding", "tied"):
            if name in said and not program.task.text:
                yield (
                    f"{flag(name)} has no effect: the task {program.task.task} has no "
                    "words"
                )
        if "width" in given and ":" in self.stack:
            yield f"--width has no effect: --stack {self.stack} says the width of each"


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
    if ":" in stack:
        return layers_of(stack, 1)
    if width is None and net == "lru":
        width = LRU_WIDTH
    table = WIDTHS[task]
    if width is None and rule == "published-head":
        width = table["simple"]
    base = table.get(net, table["simple"]) if width is None else width
    layers = layers_of(stack, base)
    if task != "wordptb" or width is not None:
        return layers
    # Wide and narrow layers in turn; the last is as wide as the embedding.
    depth = len(layers)
    return (*((base, base // 5) * depth)[: depth - 1], EMBEDDING)


def layers_of(stack: str, width: int) -> tuple[int, ...]:
    """The units that a stack says of each layer, or as many times a width.

    Raises:
        OptionError: If the text is neither a number of layers nor units of each.
    """
    try:
        numbers = [int(each) for each in stack.split(":")]
        if min(numbers) < 1:
            raise ValueError
    except ValueError:
        raise OptionError(
            "--stack: expected a number of layers such as 5, or the units of each such "
            f"as 500:100:300, received {stack!r}"
        ) from None
    return tuple(numbers) if len(numbers) > 1 else (width,) * numbers[0]


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
