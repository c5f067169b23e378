"""The options of deep feed-forward networks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from experiments.lsc.options import StabilizedOptions
from experiments.lsc.parts import FORWARD
from experiments.lsc.tables import (
    IMAGE_ACTIVATIONS,
    IMAGE_COUNTS,
    IMAGE_PRETRAIN_EPOCHS,
    IMAGES,
    PRETRAIN_BATCH,
    USUAL_IMAGE_RATES,
)
from experiments.lsc.widths import feed_forward_parameters
from experiments.options import OptionError, changed, option

EPOCHS, BATCH = 50, 512
# AdaBelief decoupled, of the weights themselves at every step times the rate.
PUBLISHED_DECAY = 1e-4


@dataclass(frozen=True)
class ForwardOptions(StabilizedOptions):
    """Options of feed-forward networks; what is left open is as was published."""

    dataset: str = option(
        "mnist", "images to name", choices=IMAGES, alias=("task", "task_name")
    )
    activation: str = option(
        "relu", "of every hidden layer", choices=IMAGE_ACTIVATIONS, alias="net"
    )
    init: str = option(
        "glorot",
        "start of the matrices: normal numbers, of Glorot's or He's variance",
        choices=("glorot", "he"),
    )
    depth: int = option(30, "hidden layers", low=1, alias="layers")
    width: int = option(128, "units of each", low=1)
    lr: float | None = changed(
        StabilizedOptions,
        "lr",
        None,
        help="learning rate (default: "
        + ", ".join(f"{rate:g} for {name}" for name, rate in USUAL_IMAGE_RATES.items())
        + ")",
    )
    epochs: int | None = changed(StabilizedOptions, "epochs", EPOCHS)
    batch: int | None = changed(
        StabilizedOptions, "batch", BATCH, help="images per update"
    )
    weight_decay: float = changed(StabilizedOptions, "weight_decay", PUBLISHED_DECAY)

    program: ClassVar[str] = FORWARD
    scores: ClassVar[tuple[str, ...]] = ("accuracy",)

    def __post_init__(self):
        super().__post_init__()
        if self.goals == "unbalanced" or "rec" in str(self.goals):
            raise OptionError(
                "--target: nothing recurs here, expected a radius, auto, or one for "
                f"each kind such as enc=1,depth=0.9, received {self.target!r}"
            )
        self._settle("lr", USUAL_IMAGE_RATES[self.activation])
        few = self.batch if self.pretrain == "published" else PRETRAIN_BATCH
        self._settle("pretrain_batch", min(few or 1, self.batch or 1))

    @property
    def widest(self) -> int:
        return 1  # nothing recurs: XLA compiles all of it well

    @property
    def published_steps(self) -> int:
        """Iterations of the published pre-training, at most."""
        images = self.train_size or IMAGE_COUNTS[self.dataset]
        return IMAGE_PRETRAIN_EPOCHS * max(images // (self.pretrain_batch or 1), 1)

    def count_parameters(self, vocabulary: int | None = None) -> int:
        """Trainable parameters."""
        return feed_forward_parameters(*IMAGES[self.dataset], self.depth, self.width)

    @property
    def label(self) -> str:
        """What `--name` says, else data, activation, start: `mnist-relu-he-none`."""
        words = [self.dataset, self.activation, self.init, self.pretrain]
        return self.name or "-".join(words)

    @property
    def start(self) -> str:
        """The network in words: `30 layers of 128, relu, he, as drawn`."""
        layers = f"{self.depth} layers of {self.width} units"
        return f"{layers}, {self.activation}, {self.init}, {self.stability}"

    def remarks(self, given: Mapping[str, Any]) -> Iterator[str]:
        yield from super().remarks(given)
        if "weight_decay" in given and self.optimizer == "heavy-ball":
            yield "--weight-decay has no effect: heavy-ball has none"
