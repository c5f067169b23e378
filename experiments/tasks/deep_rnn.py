"""The tasks of deep recurrent networks: words, spoken digits, digits as spikes.

Herranz-Celotti and Rouat (2023). Words of the Penn Treebank are scored by perplexity,
digits by the class that most steps vote for.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from experiments.core.options import option
from experiments.tasks.sequences import SPLITS, Sized

# What pre-training may be shown.
INPUTS = ("data", "gaussian", "bernoulli", "shuffled", "random")
EVALUATION_COLUMNS = 10
FEWEST_CHUNKS = {"published": 3, "corrected": 1}  # in a column of a text


class Frames(NamedTuple):
    """The shape of the sequences of a task."""

    features: int  # per frame; for a text, the words of its vocabulary
    classes: int
    steps: int  # frames per sequence before they are repeated


FRAMES = {
    "wordptb": Frames(10_000, 10_000, 100),
    "heidelberg": Frames(700, 20, 250),
    "sl_mnist": Frames(784, 10, 100),
}
TASKS = tuple(FRAMES)


@dataclass(frozen=True)
class DeepTask(Sized):
    """One of three tasks whose frames are read one by one, each with a prediction."""

    script, recipes = "deep_rnn", ("lsc",)
    quick = {
        **{"epochs": 1, "train_size": 2000, "validation_size": 1000},
        **{"test_size": 1000, "pretrain_steps": 20, "pretrain_batch": 8},
        **{"batch_size": 16, "width": 24, "window": 20},
    }

    task: str = option(
        "sl_mnist",
        "data: words of the Penn Treebank, spoken Heidelberg digits (read from the "
        "folder shd), or digits whose ink is spikes, the darker the earlier",
        choices=TASKS,
        spellings={"ptb": "wordptb", "shd": "heidelberg", "sl-mnist": "sl_mnist"},
        alias="task_name",
    )
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
        None, "folder with the files of the data set", role="numerics"
    )
    pretrain_inputs: str = option(
        "data",
        "what pre-training shows: the training data, Gaussian or coin-flip noise, the "
        "data with their entries shuffled, or random words",
        choices=INPUTS,
        group="pre-training",
    )

    def fit(self, recipe: Any) -> None:
        """Checks that a text is long enough for the batches of a recipe."""
        if not self.text:
            return
        columns = {"train": recipe.batch_size, "pre-training": recipe.pretrain_batch}
        columns |= dict.fromkeys(("validation", "test"), EVALUATION_COLUMNS)
        for part, count in columns.items():
            split = part if part in SPLITS else "train"
            size = self.sizes[split]
            fewest = FEWEST_CHUNKS[self.layout] * self.window + 1
            self.refuse_if(
                size is not None and size // (count or 1) < fewest,
                f"{split}_size",
                f"expected at least {fewest * count} words, for "
                f"{FEWEST_CHUNKS[self.layout]} windows of {self.window} (--window) in "
                f"each of {count} columns",
            )

    @property
    def text(self) -> bool:
        """Whether the task is about words."""
        return self.task == "wordptb"

    @property
    def scores(self) -> tuple[str, ...]:
        """Names of the metrics that matter."""
        if self.text:
            return ("perplexity",)
        return ("mode_accuracy", "last_step_accuracy")

    @property
    def frames(self) -> Frames:
        """The shape of its sequences."""
        return FRAMES[self.task]

    @property
    def longest(self):
        return (self.window if self.text else self.frames.steps) * self.repeat

    @property
    def widths(self):
        features, classes, _ = self.frames
        return {"input_width": features, "output_width": classes}

    def load(self, seed):
        from keras_nonnormal import datasets

        shared: dict[str, Any] = {"layout": self.layout, "repeat": self.repeat}
        folder: dict[str, Any] = {} if self.data is None else {"folder": self.data}
        if self.task == "heidelberg":
            return self.shortened(datasets.SpikingHeidelbergDigits(**shared, **folder))
        if not self.text:
            return self.shortened(datasets.SpikeLatencyMNIST(**shared))
        task = datasets.PennTreebankWords(
            window=self.window, folder=self.data, **shared
        )
        task = self.shortened(task)
        if self.corrupt:
            task = datasets.corrupted(
                task, rate=self.corrupt, epochs=self.corrupt_epochs
            )
        return task

    def idle(self, program):
        if not self.text:
            yield "window corrupt corrupt_epochs", "the task has no words"
