"""Sequential MNIST: the 784 pixels of a digit, one per step, in order or permuted.

After the last pixel the digit is to be named; guessing has the trivial loss ln(10).
In the recipe `starts` (Orhan and Pitkow 2020) pixels are permuted unless told
otherwise; in `nnrnn` (Kerg et al. 2019) and `gamma` the order and the digits held out
are those of `split_seed`, and the model with the best validation accuracy is tested.
"""

import dataclasses
import functools
from dataclasses import dataclass

from experiments.core.options import option
from experiments.tasks.sequences import NNRNN, Sizes

PIXELS = 784


@dataclass(frozen=True)
class Digits(Sizes):
    """Permuted digits; the sizes cut the data set short."""

    script, recipes = "psmnist", ("starts",)
    activation, scores = "elu", ("accuracy",)
    quick = {"epochs": 1, "train_size": 3200, "validation_size": 500, "test_size": 500}

    train_size: int = option(
        60_000, "digits to train on, of those not held out", low=1, high=60_000
    )
    validation_size: int = option(
        10_000,
        "training digits held out; 0 validates on the test digits, as published",
        low=0,
        high=59_999,
    )
    test_size: int = option(10_000, "digits to test on", low=1, high=10_000)
    permute: bool = option(
        True, "shuffle the pixels; else the image is read row by row"
    )
    permutation_seed: int | None = option(
        0,
        "decides the order of the pixels; none takes the run's seed, as published",
        low=0,
        high=2**32 - 1,
    )

    @property
    def sizes(self):
        return {**super().sizes, "validation": self.validation_size or self.test_size}

    def settled(self, program):
        left, recipe = 60_000 - self.validation_size, program.recipe
        most = f"expected at most the {left} digits that are not held out"
        recipe.refuse_if(recipe.batch_size > left, "batch_size", most)
        return self

    def load(self, seed):
        from keras_nonnormal.datasets import psmnist_task

        order = self.permutation_seed
        task = psmnist_task(
            permute=self.permute,
            permutation_seed=seed if order is None else order,
            validation=self.validation_size,
        )
        return self.shortened(task)


# "step" multiplies the input as "sin" does; "drive" comes to all units from outside.
TRANSFORMS = ("none", "sin", "step", "drive", "lin")
# The transforms that the published program tests under, one after the other.
PUBLISHED = ("none", "sin", "drive")
# The transforms that a number of steps belongs to.
STEPS = {"step_length": ("step", "drive"), "lin_period": ("lin",)}
_of_test = functools.partial(option, role="test", group="transforms")


@dataclass(frozen=True)
class TransformedDigits(Sizes):
    """Digits, permuted or not, whose sequences may be transformed."""

    script, recipes, scores = "psmnist", NNRNN, ("accuracy",)
    quick = {
        **{"units": 32, "capacity": 4, "epochs": 1, "batch_size": 50},
        **{"train_size": 1000, "validation_size": 500, "test_size": 500},
    }
    schedule = {"monitor": "val_accuracy", "keep_best": True}
    skew_start, alpha_start = "henaff", 1.0

    epochs: int = option(100, "passes over the training digits", low=1, role="length")
    permute: bool = option(
        False, "read the pixels in a fixed random order", alias="-p", paired=True
    )
    split_seed: int | None = option(
        1234,
        "decides the order of the pixels and the digits held out; none takes the run's "
        "seed",
        low=0,
        high=2**32 - 1,
    )
    one_split: bool = option(
        True, "hold the same digits out with and without --permute"
    )
    shuffle: bool = option(
        False, "another order of the digits every epoch; published is always the same"
    )
    save_freq: int | None = option(
        50, "keep the model after every so many epochs, or none", low=1, role="label"
    )
    train_size: int = option(50_000, "digits to train on", low=1, high=50_000)
    validation_size: int = option(10_000, "digits held out", low=1, high=10_000)
    test_size: int = option(10_000, "digits to test on", low=1, high=10_000)
    verbose: bool = option(
        False,
        "lines of progress, where there is no progress bar",
        alias="-v",
        role="shown",
    )
    transform_ratio: float = option(
        0.0,
        "share of training batches under a sine of amplitude 0.2 and of a frequency "
        "drawn from [0, 2)",
        low=0,
        high=1,
        group="transforms",
    )
    transformed: bool = option(
        False,
        "also validate under a sine of a new frequency every epoch, and test under "
        "the transforms sin and drive",
        paired=True,
        group="transforms",
    )
    test: bool = _of_test(
        False, "test the run in --out and leave it as it is; nothing is trained"
    )
    transform: str = _of_test(
        "published",
        "with --test: what is done to the test sequences; published is none, sin and "
        "drive, one after the other",
        choices=("published", *TRANSFORMS),
    )
    checkpoint: int | None = _of_test(
        None,
        "with --test: the epoch after which the network was kept (default: the model "
        "the run ended with, else the last checkpoint)",
        low=0,
    )
    sin_frequency: float = _of_test(1.0, "sin: periods in a sequence")
    sin_phase: float = _of_test(0.0, "sin: phase, in radians")
    sin_amplitude: float = _of_test(0.5, "sin: amplitude")
    step_size: float = _of_test(1.0, "step, drive: height")
    step_length: int = _of_test(
        200, "step, drive: one more than the steps it lasts", low=2
    )
    step_position: int = _of_test(200, "step, drive: step that it follows on", low=0)
    lin_period: int = _of_test(50, "lin: steps from one zero to the next", low=1)

    def __post_init__(self):
        super().__post_init__()
        for name, transforms in STEPS.items():
            used = not set(transforms).isdisjoint(self.transforms)
            most = f"expected at most the {PIXELS} steps of a sequence"
            self.refuse_if(used and getattr(self, name) > PIXELS, name, most)
        before = f"expected a step before the last of the {PIXELS} of a sequence"
        self.refuse_if(self.step_position > PIXELS - 2, "step_position", before)

    @property
    def transforms(self) -> tuple[str, ...]:
        """The transforms that a network is tested under."""
        return PUBLISHED if self.transform == "published" else (self.transform,)

    @property
    def report_every(self) -> int | None:
        """Updates between lines of progress."""
        return 50 if self.verbose else None

    @property
    def longest(self):
        return PIXELS

    @property
    def widths(self):
        return {"input_width": 1, "output_width": 10}

    def settled(self, program):
        recipe = program.recipe
        most = f"expected at most --train-size, {self.train_size}"
        recipe.refuse_if(recipe.batch_size > self.train_size, "batch_size", most)
        return self

    def load(self, seed):
        from keras_nonnormal.datasets import SineAugmentation, split_mnist_task

        task = split_mnist_task(
            permute=self.permute,
            seed=seed if self.split_seed is None else self.split_seed,
            shuffle=self.shuffle,
            one_split=self.one_split,
        )
        augment = SineAugmentation(ratio=self.transform_ratio)
        task = self.shortened(task)
        return dataclasses.replace(task, augment=augment if augment.ratio else None)

    def idle(self, program):
        if not self.test:
            yield "transform checkpoint", "without --test"
