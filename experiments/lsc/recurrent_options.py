"""The options of deep recurrent networks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from experiments.lsc.options import StabilizedOptions
from experiments.lsc.parts import INPUTS, RECURRENT
from experiments.lsc.tables import (
    EMBEDDING,
    NETWORKS,
    PRETRAIN_BATCH,
    PRETRAIN_BATCHES,
    PUBLISHED_BATCHES,
    PUBLISHED_LRU_STEPS,
    SIMPLE,
    SMALL_BATCHES,
    SPIKING,
    TASK_SETTINGS,
    TASKS,
)
from experiments.lsc.widths import RULES, count_parameters, widths_of
from experiments.options import OptionError, flag, option

# Networks that an option acts on.
ACTS_ON = {"dampening": SPIKING, "activation": SIMPLE}
# What the published program had for the network lru if nothing else was said.
LRU_USUAL = {"lr": 4e-3, "batch": 8}


@dataclass(frozen=True)
class DeepRnnOptions(StabilizedOptions):
    """Options of deep recurrent networks; what is left open is settled by tables."""

    task: str = option(
        "sl_mnist",
        "data: words of the Penn Treebank, spoken Heidelberg digits, or digits whose "
        "ink is spikes, the darker the earlier",
        choices=TASKS,
        spellings={"ptb": "wordptb", "shd": "heidelberg", "sl-mnist": "sl_mnist"},
    )
    net: str = option(
        "LSTM",
        "recurrent layers; rsimplernn has relu (swish on wordptb), ssimplernn the "
        "logistic function, maLSNN and maLSNNb are adaptive spiking neurons",
        choices=NETWORKS,
    )
    stack: str = option("2", "number of layers, or units of each: 500:100:300")
    width: int | None = option(
        None, "units of all layers (default: those of the published table)", low=1
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
    window: int = option(
        100, "wordptb: words per window, through which gradients go", low=1
    )
    repeat: int = option(2, "how often every frame is shown", low=1, high=100)
    layout: str = option(
        "corrected",
        "data as they should be, or with the flaws of the published program",
        choices=("corrected", "published"),
    )
    corrupt: float = option(
        0.0, "wordptb: share of words replaced by random ones", low=0, high=1
    )
    corrupt_epochs: int = option(2, "wordptb: epochs in which they are", low=0)
    data: str | None = option(
        None, "folder with the files of the data set", role="where"
    )

    pretrain_inputs: str = option(
        "data",
        "what pre-training shows: the training data, Gaussian or coin-flip noise, the "
        "data with their entries shuffled, or random words",
        choices=("data", *INPUTS.values()),
        group="stability",
    )
    program: ClassVar[str] = RECURRENT

    def __post_init__(self):
        super().__post_init__()
        self._settle_usual()
        if self.tied_readout and self.embedding != self.widths[-1]:
            raise OptionError(
                f"--embedding: it is the read-out, expected the {self.widths[-1]} "
                "units of the last layer, or --no-tied, received "
                f"{self.embedding}"
            )
        if len(set(self.widths)) > 1 and self.net == "lru":
            raise OptionError(
                "--stack: blocks of lru are residual, expected one width, received "
                f"{self.stack!r}"
            )

    @property
    def text(self) -> bool:
        """Whether the task is about words."""
        return self.task == "wordptb"

    @property
    def tied_readout(self) -> bool:
        """Whether the read-out is the embedding."""
        return self.text and self.tied

    @property
    def widths(self) -> tuple[int, ...]:
        """Units of every layer."""
        return widths_of(
            self.task, self.net, self.stack, width=self.width, rule=self.widths_rule
        )

    @property
    def scores(self) -> tuple[str, ...]:
        """Names of the metrics that matter."""
        if self.text:
            return ("perplexity",)
        return ("mode_accuracy", "last_step_accuracy")

    @property
    def depth(self) -> int:
        """Number of layers."""
        return len(self.widths)

    @property
    def widest(self) -> int:
        return max(self.widths)

    @property
    def steps(self) -> int:
        """Time steps of a sequence, repetitions included."""
        frames = self.window if self.text else TASK_SETTINGS[self.task].steps
        return frames * self.repeat

    @property
    def published_steps(self) -> int:
        """Iterations of the published pre-training, at most."""
        if self.net == "lru":
            return PUBLISHED_LRU_STEPS
        return PUBLISHED_BATCHES * self.steps

    @property
    def function(self) -> str:
        """The activation of a simple network."""
        if self.activation:
            return self.activation
        if self.net == "ssimplernn":
            return "sigmoid"
        return "swish" if self.text else "relu"

    @property
    def label(self) -> str:
        """What `--name` says, else task, network, layers: `sl_mnist-LSTM-2-none`."""
        stack = self.stack.replace(":", "c")
        return self.name or "-".join([self.task, self.net, stack, self.pretrain])

    @property
    def start(self) -> str:
        """The network in words: `LSTM, 42:42 units, radius 0.5 (controller)`."""
        return f"{self.net}, {':'.join(map(str, self.widths))} units, {self.stability}"

    def count_parameters(self, vocabulary: int | None = None) -> int:
        """Trainable parameters, of a text with so many different words."""
        features, classes, *_ = TASK_SETTINGS[self.task]
        return count_parameters(
            self.net,
            self.widths,
            vocabulary or features,
            vocabulary or classes,
            embedding=(self.embedding or 0) if self.text else 0,
            tied=self.tied_readout,
        )

    def remarks(self, given: Mapping[str, Any]) -> Iterator[str]:
        yield from super().remarks(given)
        said = set(given)
        if self.comments is not None:
            said -= self._translated(given).options.keys()
        for name, networks in ACTS_ON.items():
            if name in said and self.net not in networks:
                yield f"{flag(name)} has no effect: the network is {self.net}"
        for name in ("embedding", "tied", "window", "corrupt", "corrupt_epochs"):
            if name in said and not self.text:
                yield f"{flag(name)} has no effect: the task {self.task} has no words"
        if "width" in given and ":" in self.stack:
            yield f"--width has no effect: --stack {self.stack} says the width of each"

    def _settle_usual(self) -> None:
        """What the tables say of this task and network."""
        settings = TASK_SETTINGS[self.task]
        rate = settings.spiking_rate if self.net in SPIKING else settings.rate
        batch, epochs = settings.batch, settings.epochs
        depths, smaller = SMALL_BATCHES.get(self.task, ((), batch))
        if self.stack.isdigit() and int(self.stack) in depths:
            batch = smaller
        if self.net == "lru":
            rate, batch = LRU_USUAL["lr"], int(LRU_USUAL["batch"])
        self._settle("lr", rate)
        self._settle("batch", batch)
        self._settle("epochs", epochs)
        few = PRETRAIN_BATCH
        if self.pretrain == "published":
            few = PRETRAIN_BATCHES.get((self.task, self.net), batch)
        self._settle("pretrain_batch", min(few, self.batch or batch))
        if not self.text:
            return
        if self.tied or self.net == "lru":
            self._settle("embedding", self.widths[-1])
        self._settle("embedding", EMBEDDING)
