"""The tasks of deep feed-forward networks: images as vectors of pixels.

Herranz-Celotti and Rouat (2023), figure 2.
"""

from dataclasses import dataclass
from typing import Any

from experiments.core.options import option
from experiments.tasks.sequences import Sized

# Pixels and classes.
IMAGES = {"mnist": (784, 10), "cifar10": (3072, 10), "cifar100": (3072, 100)}
COUNTS = {"mnist": 54_000, "cifar10": 45_000, "cifar100": 45_000}
PRETRAIN_EPOCHS = 100


@dataclass(frozen=True)
class ImageTask(Sized):
    """Images to be named."""

    script, recipes, scores = "ffn", ("lsc",), ("accuracy",)
    quick = {
        **{"epochs": 1, "train_size": 1000, "validation_size": 300, "test_size": 300},
        **{"pretrain_steps": 20, "pretrain_batch": 8},
    }
    text = False

    dataset: str = option(
        "mnist", "images to name", choices=IMAGES, alias=("task", "task_name")
    )
    steps_per_epoch: int = option(
        -1,
        "updates of an epoch: with a positive number the first images, as many as that "
        "needs, are the training set; -1 for all",
        low=-1,
    )
    pretrain_epochs: int = option(
        PRETRAIN_EPOCHS,
        "passes over the data of published pre-training, at most",
        low=1,
        group="pre-training",
    )

    @property
    def longest(self):
        return 1

    @property
    def widths(self):
        pixels, classes = IMAGES[self.dataset]
        return {"input_width": pixels, "output_width": classes}

    def load(self, seed):
        from keras_nonnormal.datasets import ImageVectors

        return self.shortened(ImageVectors(self.dataset))

    def fit(self, recipe: Any) -> None:
        """Settles how many images the updates of an epoch need."""
        if self.steps_per_epoch > 0:
            most = self.steps_per_epoch * recipe.batch_size
            self.settle(train_size=min(self.train_size or most, most))

    def idle(self, program):
        if program.recipe.pretrain != "published":
            yield "pretrain_epochs", "without --pretrain published"
