"""Deep recurrent networks: layers on top of one another, dropout before each.

Herranz-Celotti and Rouat (2023). Networks have the names they have there: `rsimplernn`
is a simple RNN with relu, or with swish on Penn Treebank, `ssimplernn` one with the
logistic function; `maLSNN` are adaptive spiking neurons (ALIF+), `maLSNNb` the same
with adaptation of either sign (ALIF±); `lru` are residual blocks of linear recurrent
units.
"""

import itertools
from dataclasses import dataclass
from typing import Any

from experiments.core.options import OptionError, option
from experiments.core.parts import Network

GATED = ("LSTM", "GRU")
SIMPLE = ("rsimplernn", "ssimplernn")
SPIKING = ("maLSNN", "maLSNNb")
NETWORKS = (*GATED, *SIMPLE, *SPIKING, "lru")
DEPTHS = (2, 5)

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
        self.refuse_if(
            task.text and self.tied and self.embedding != units[-1],
            "embedding",
            f"it is the read-out, expected the {units[-1]} units of the last layer, or "
            "--no-tied",
        )
        residual = "blocks of lru are residual, expected one width"
        self.refuse_if(len(set(units)) > 1 and self.net == "lru", "stack", residual)
        return self

    def units_of(self, task: Any) -> tuple[int, ...]:
        """Units of every layer, from the lowest up, given the task's options."""
        if ":" in self.stack or self.width is not None:
            return layers_of(self.stack, self.width or 1)
        if self.net == "lru":
            return layers_of(self.stack, LRU_WIDTH)
        table = WIDTHS[task.task]
        if self.widths_rule == "published-head":
            return layers_of(self.stack, table["simple"])
        base = table.get(self.net, table["simple"])
        layers = layers_of(self.stack, base)
        if not task.text:
            return layers
        # Wide and narrow layers in turn; the last is as wide as the embedding.
        depth = len(layers)
        return (*((base, base // 5) * depth)[: depth - 1], EMBEDDING)

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
        options, units = program.task, self.units_of(program.task)
        features, classes, _ = options.frames
        if options.text and task is not None:
            features = classes = task.input_width
        embedding = (self.embedding or 0) if options.text else 0
        widths = (embedding or features, *units)
        total = features * embedding + sum(
            itertools.starmap(self._count, itertools.pairwise(widths))
        )
        tied = options.text and self.tied  # the read-out then has no bias
        return total if tied else total + units[-1] * classes + classes

    def _count(self, below: int, units: int) -> int:
        """Trainable parameters of a layer."""
        square, kernel = units * units, below * units
        if self.net == "lru":
            states = 2 * units
            core = 4 * states * units + units + 3 * states
            gates, norm = 2 * (square + units), 2 * units
            return core + gates + norm + (0 if below == units else kernel)
        if self.net in GATED:
            gates, biases = {"LSTM": (4, 1), "GRU": (3, 2)}[self.net]
            return gates * (square + kernel + biases * units)
        return square + kernel + (4 if self.net in SPIKING else 1) * units

    def model(self, program, task, *, carried: bool | None = None):
        """The network, not yet compiled.

        Args:
            program: The program.
            task: Its data.
            carried: Whether states are inputs and outputs besides, as those of a text
                are: `keras_nonnormal.training.CarriedState` takes them. Weights are in
                the same order with and without.

        Returns:
            A functional `keras.Model` from frames `(batch, time, features)` or tokens
            `(batch, time)` to logits `(batch, time, classes)`.
        """
        import keras

        from experiments.networks.stack import with_states

        carried = task.stateful if carried is None else carried
        if program.task.text:
            inputs = keras.Input((None,), dtype="int32", name="tokens")
            kind = "ReversibleEmbedding" if self.tied else "Embedding"
            embedding: Any = getattr(keras.layers, kind)(
                task.input_width,
                self.embedding,
                embeddings_initializer="glorot_uniform",
                name="embedding",
            )
            hidden = embedding(inputs)
        else:
            inputs = keras.Input((task.length, task.input_width), name="frames")
            embedding, hidden = None, inputs
        before: list[Any] = []
        after: list[Any] = []
        for number, units in enumerate(self.units_of(program.task)):
            # Always there, so that networks with and without it have the same layers.
            dropout = keras.layers.Dropout(self.dropout, name=f"dropout_{number}")
            hidden = dropout(hidden)
            layer = self._layer(program, units, f"recurrent_{number}", carried)
            if not carried:
                hidden = layer(hidden)
                continue
            names = (f"state_{number}_{place}" for place in itertools.count())
            hidden, old, new = with_states(layer, hidden, names)
            before, after = [*before, *old], [*after, *new]
        if program.task.text and self.tied:
            logits = embedding(hidden, reverse=True)
        else:
            logits = keras.layers.Dense(task.output_width, name="readout")(hidden)
        name = f"{task.name}_{self.net}"
        if carried:
            return keras.Model([inputs, *before], [logits, *after], name=name)
        return keras.Model(inputs, logits, name=name)

    def _layer(self, program: Any, units: int, name: str, carried: bool) -> Any:
        """One of the recurrent layers; it returns sequences."""
        from keras_nonnormal.layers import (
            ALIF,
            FusedGRU,
            FusedLSTM,
            FusedSimpleRNN,
            LRUBlock,
        )

        settings: dict[str, Any] = {"return_sequences": True, "return_state": carried}
        settings["name"] = name
        if self.net in SIMPLE:
            settings["activation"] = self.function(program.task)
            settings["bias_initializer"] = "glorot_uniform"
            return FusedSimpleRNN(units, **settings)
        if self.net in SPIKING:
            return ALIF(
                units,
                tau_adaptation=float(program.task.longest // 2),
                signed_beta=self.net == "maLSNNb",
                dampening=self.dampening,
                **settings,
            )
        kinds: Any = {"LSTM": FusedLSTM, "GRU": FusedGRU, "lru": LRUBlock}
        return kinds[self.net](units, **settings)

    def idle(self, program):
        if self.net not in SPIKING:
            yield "dampening", f"the network is {self.net}"
        if self.net not in SIMPLE:
            yield "activation", f"the network is {self.net}"
        if not program.task.text:
            yield "embedding tied", "the task has no words"
        if ":" in self.stack:
            yield "width", f"--stack {self.stack} says the width of each"


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
