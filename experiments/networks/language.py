"""Language models of recurrent layers: Orhan and Pitkow (2020), sections 3.1.2 and 3.3.

In the manner of Merity, Keskar and Socher (2017).
"""

import itertools
from dataclasses import dataclass

from experiments.core.options import OptionError, flag, option
from experiments.core.program import Network

STARTS = {
    "rnn": ("orthogonal", "identity", "chain", "fbchain", "plain"),
    "lstm": ("orthogonal", "chain", "fbchain", "plain", "mixed"),
}
GAINS = {
    **{"orthogonal": 1.0, "identity": 1.0},
    **{"chain": 1.02, "fbchain": 0.99, "mixed": 1.02},
}
FEEDBACK_GAIN = 0.04


@dataclass(frozen=True)
class LanguageNetwork(Network):
    """An embedding, recurrent layers on top of one another, and a tied read-out."""

    names, recipes = ("language",), ("awd",)

    cell: str = option("rnn", "kind of recurrent layers", choices=STARTS)
    layers: int = option(3, "recurrent layers", low=1, alias="nlayers")
    emsize: int = option(400, "width of the embedding", low=1)
    units: int = option(
        1150,
        "width of the recurrent layers; of a tied last one, --emsize",
        low=1,
        alias=("nhid", "hidden_units"),
    )
    activation: str = option(
        "tanh",
        "activation of the recurrent layers",
        choices=("tanh", "relu", "elu", "sigmoid"),
    )
    tied: bool = option(True, "the read-out has the weights of the embedding")
    init: str = option(
        "chain",
        "start of the recurrent layers; identity for rnn alone, mixed for lstm alone",
        choices=("orthogonal", "identity", "chain", "fbchain", "plain", "mixed"),
        alias="start",
    )
    gain: float | None = option(
        None,
        "gain of the start, forward gain of fbchain; default: "
        + ", ".join(f"{gain:g} for {name}" for name, gain in GAINS.items()),
        above=0,
        high=2,
    )
    feedback_gain: float | None = option(
        None, f"feedback gain of fbchain; default: {FEEDBACK_GAIN}", above=0, high=0.25
    )
    dropout_input: float = option(
        0.1,
        "dropout of the embedding's features, the same at all steps of a chunk",
        low=0,
        high=0.99,
        alias="dropouti",
    )
    dropout_hidden: float = option(
        0.1, "the same between layers", low=0, high=0.99, alias="dropouth"
    )
    dropout_output: float = option(
        0.1, "the same behind the last layer", low=0, high=0.99, alias="dropout"
    )
    dropout_embedding: float = option(
        0.1, "dropout of whole tokens", low=0, high=0.99, alias="dropoute"
    )
    dropout_weight: float = option(
        0.1, "dropout of recurrent weights", low=0, high=0.99, alias="wdrop"
    )
    dropout_recurrent: float = option(
        0.0, "dropout of what is fed back; slow", low=0, high=0.99
    )
    ar: float = option(
        2.0, "weight of the squares of activations in the loss", low=0, alias="alpha"
    )
    tar: float = option(1.0, "weight of their changes", low=0, alias="beta")

    def __post_init__(self):
        super().__post_init__()
        if self.init not in STARTS[self.cell]:
            raise OptionError(
                f"--init: {self.cell} starts from one of "
                f"{', '.join(STARTS[self.cell])}, received {self.init!r}"
            )
        feedback = FEEDBACK_GAIN if self.init == "fbchain" else None
        for name, usual in (
            ("gain", GAINS.get(self.init)),
            ("feedback_gain", feedback),
        ):
            value = getattr(self, name)
            if value is None:
                self.settle(**{name: usual})
            elif usual is None:
                raise OptionError(
                    f"{flag(name)}: {self.init} has none, received {value!r}"
                )

    def words(self, program):
        words = [self.cell, self.init]
        if self.gain is not None:
            words.append(f"gain {self.gain:g}")
        if self.feedback_gain is not None:
            words.append(f"feedback {self.feedback_gain:g}")
        return words

    def label(self, program):
        return f"{program.task.corpus}-{self.cell}-{self.init}"

    def model(self, program, task):
        from experiments.networks.language_stack import language_model

        return language_model(
            task.input_width,
            self.cell,
            self.emsize,
            self.units,
            self.layers,
            start=self.init,
            gain=self.gain,
            feedback_gain=self.feedback_gain,
            activation=self.activation,
            tied=self.tied,
            dropout_input=self.dropout_input,
            dropout_hidden=self.dropout_hidden,
            dropout_output=self.dropout_output,
            dropout_embedding=self.dropout_embedding,
            dropout_weight=self.dropout_weight,
            dropout_recurrent=self.dropout_recurrent,
            ar=self.ar,
            tar=self.tar,
            padded=program.task.vary_length,
            seed=program.run.seed,
        )

    def parameters(self, program, task):
        gates = 4 if self.cell == "lstm" else 1
        last = self.emsize if self.tied else self.units
        widths = [self.emsize, *[self.units] * (self.layers - 1), last]
        recurrent = sum(
            gates * (inputs + units + 1) * units
            for inputs, units in itertools.pairwise(widths)
        )
        readout = task.input_width * (1 if self.tied else last + 1)
        return task.input_width * self.emsize + recurrent + readout

    def remarks(self, program, given):
        if not self.tied and program.task.corpus in ("ptb-word", "wikitext-2"):
            yield "--no-tied: the read-out of words is large; published ones are tied"
