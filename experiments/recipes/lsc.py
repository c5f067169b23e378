"""Networks that are made locally stable before training: Herranz-Celotti and Rouat.

"Stabilizing RNN Gradients through Pre-training" (2023),
https://arxiv.org/abs/2308.12075. There are two states of the published programs: that
of mid-2023, which the recurrent experiments were made with and which is meant here
unless it says otherwise, and that of the repository's head.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from experiments.core.options import option
from experiments.core.parts import Row, table
from experiments.core.program import Program, read_values
from experiments.networks.deep import GATED, SPIKING
from experiments.published import grids
from experiments.recipes import stability
from experiments.recipes.run_strings import Translation, translate
from experiments.tasks.ffn import COUNTS

OPTIMIZERS = ("lookahead-adabelief", "adabelief", "adam", "heavy-ball")
SECONDS_PER_HOUR = 3600.0
# The published schedule of the recurrent linear units.
SHARE_OF_STEPS, FLOOR = 1 / 6.5, 0.1
LOOKAHEAD_PERIOD, MOMENTUM = 6, 0.9
# Examples per iteration of pre-training where nothing was published.
PRETRAIN_BATCH = 16
# Batches of which the published procedure sees every frame; iterations of that of lru.
PUBLISHED_BATCHES, PUBLISHED_LRU_STEPS = 2, 500
# Depths, as texts, that had a smaller batch on the spoken digits.
DEEP, SMALL_BATCH = ("3", "5", "7"), 32
OF_PRETRAINING = (
    "compare target pretrain_batch pretrain_lr store only_pretrain"  # no effect without
)


@dataclass(frozen=True)
class Stabilized(stability.Stage):
    """Pre-training of a network to local stability, and its training."""

    group = "training"
    name, about = "lsc", "networks that are made locally stable before training"
    defaults = {"seed": 0, "jit": None}

    optimizer: str = option(
        "lookahead-adabelief",
        "update rule; heavy-ball is what figure 4 and table 1 in fact had",
        choices=OPTIMIZERS,
    )
    learning_rate: float | None = option(
        None, "(default: that of the published tables)", above=0, alias="lr"
    )
    weight_decay: float | None = option(
        None, "decoupled (default: 0, of images 1e-4)", low=0
    )
    clip_norm: float | None = option(
        None,
        "largest joint norm of all gradients, or none",
        above=0,
        alias=("clip", "clipnorm"),
    )
    schedule: str = option(
        "constant",
        "learning rate over time; cosine falls to a tenth within 1 / 6.5 of all steps",
        choices=("constant", "cosine"),
    )
    batch_size: int | None = option(
        None, "examples per update (default: as was published)", low=1, alias="batch"
    )
    epochs: int | None = option(
        None, "at most (default: as was published)", low=1, role="length"
    )
    patience: int | None = option(
        10, "epochs in a row without a better validation loss; or none", low=1
    )
    time_limit: float | None = option(
        None,
        "hours for pre-training and training, or none; no epoch is begun that would "
        "end later",
        above=0,
        role="length",
    )
    comments: str | None = option(
        None,
        "run string of the published program, such as findLSC_radius_targetnorm:.5; "
        "its parts are translated into these options, and flags override them",
        role="label",
    )

    @classmethod
    def rows(cls):
        return _rows()

    @classmethod
    def understood(cls, script, given):
        if given.get("comments") is None:
            return given
        return {**_translated(script, given).options, **given}

    def settled(self, program):
        usual = _usual(program)
        batch_size = self.batch_size or usual["batch_size"]
        most = batch_size if program.script == "ffn" else usual["batch_size"]
        few = usual.get("pretrain_batch", most)
        if self.pretrain != "published":
            few = PRETRAIN_BATCH
        usual["pretrain_batch"] = min(few, batch_size)
        self.settle(
            **{name: v for name, v in usual.items() if getattr(self, name) is None}
        )
        program.task.fit(self)
        return self

    def pretraining_steps(self, program):
        if self.pretrain_steps is not None or self.pretrain != "published":
            return self.pretrain_steps
        task = program.task
        if program.script == "ffn":
            images = task.train_size or COUNTS[task.dataset]
            return task.pretrain_epochs * max(images // (self.pretrain_batch or 1), 1)
        if program.network.net == "lru":
            return PUBLISHED_LRU_STEPS
        return PUBLISHED_BATCHES * task.longest

    def new_optimizer(self, program, task):
        import keras

        from keras_nonnormal.optimizers import AdaBelief, Lookahead

        rate: Any = self.learning_rate
        if self.schedule == "cosine":
            steps = (self.epochs or 1) * task.steps_per_epoch(self.batch_size)
            decay = max(1, round(steps * SHARE_OF_STEPS))
            rate = keras.optimizers.schedules.CosineDecay(rate, decay, alpha=FLOOR)
        shared: dict[str, Any] = {"global_clipnorm": self.clip_norm}
        if self.optimizer == "adam":
            return keras.optimizers.Adam(rate, **shared)
        if self.optimizer == "heavy-ball":
            inner: Any = keras.optimizers.SGD(rate, momentum=MOMENTUM, **shared)
        else:
            inner = AdaBelief(rate, weight_decay=self.weight_decay or None, **shared)
        if self.optimizer == "adabelief":
            return inner
        return Lookahead(inner, period=LOOKAHEAD_PERIOD)

    def training(self, program, task):
        from keras_nonnormal.training import Schedule

        limit = self.time_limit
        sizes: Any = (self.epochs, self.batch_size)  # settled by now
        schedule = Schedule(
            *sizes,
            keep_best=True,
            patience=self.patience,
            time_limit=None if limit is None else SECONDS_PER_HOUR * limit,
            time_spent=stability.read_stage(program.run.out)["seconds"],
        )
        return {"schedule": schedule, "metrics": _metrics(program.task.scores)}

    def announcement(self, program, task):
        return (
            f"{task.name}: {program.network.parameters(program, task):,} parameters, "
            f"seed {program.run.seed}; trivial loss {task.trivial_loss:.4f}"
        )

    def summary(self, program, task, result):
        stage = stability.read_stage(program.run.out)
        trained = result.summary() if result.history else {}
        seconds = trained.get("seconds")
        stage["share"] = round(stage["seconds"] / seconds, 4) if seconds else None
        return {"trivial_loss": task.trivial_loss, **trained, "pretraining": stage}

    def published(self, program):
        return program.published_beside(_setting(program))

    def report(self, program, summaries):
        lines = []
        for start, summary in summaries.items():
            lines += ["", start, *stability.radii_table(summary["pretraining"])]
        return "\n".join([*lines, super().report(program, summaries)])

    def verdict(self, program, summaries):
        found = (stability.missed(each["pretraining"]) for each in summaries.values())
        return "\n".join(filter(None, found))

    def said(self, program, given):
        if self.comments is None:
            return set(given)
        return set(given) - _translated(program.script, given).options.keys()

    def idle(self, program):
        if self.pretrain == "none" and self.comments is None:
            yield OF_PRETRAINING, "without --pretrain"
        if self.pretrain == "controller":
            yield "pretrain_lr", "the controller takes no gradient steps"
        if self.optimizer == "heavy-ball":
            yield "weight_decay", "heavy-ball has none"

    def remarks(self, program, given):
        if self.comments is not None:
            values = {**program.options, **given}
            notes = _translated(program.script, values).notes
            yield from (f"--comments: {note}" for note in notes)


@functools.cache
def _rows() -> tuple[Row, ...]:
    return (*table("lsc"), *grids.stability())


def _usual(program: Program) -> dict[str, Any]:
    """The published training of a network in a task: a row of the table."""
    task, network = program.task, program.network
    images = program.script == "ffn"
    name = network.activation if images else f"{task.task}-{network.net}"
    rows = {row.preset: row for row in table("lsc")}
    settings = rows[f"@usual/{name}"].settings
    usual = read_values(program.script, "lsc", settings)
    deep = not images and network.net != "lru" and network.stack in DEEP
    if deep and task.task == "heidelberg":
        usual["batch_size"] = SMALL_BATCH
    return usual


def _translated(script: str, given: Mapping[str, Any]) -> Translation:
    net, task = given.get("net", "LSTM"), given.get("task", "sl_mnist")
    return translate(given["comments"], script, net, task)


def _setting(program: Program) -> str:
    """The published setting that a run belongs to, by what it is about."""
    if program.script == "ffn":
        return "@fig2"
    net = program.network.net
    if net in GATED:
        return f"@fig3/{program.task.task}"
    settings = dict.fromkeys(SPIKING, "@fig3/spiking") | {"ssimplernn": "@fig3/simple"}
    return settings.get(net, "")


def _metrics(names: tuple[str, ...]) -> list[Any]:
    """Metrics by name, and the share of single predictions that are right."""
    import keras

    from keras_nonnormal.metrics import LastStepAccuracy, ModeAccuracy, Perplexity

    kinds = (ModeAccuracy, LastStepAccuracy, Perplexity)
    found: list[Any] = [each for kind in kinds if (each := kind()).name in names]
    return [*found, keras.metrics.SparseCategoricalAccuracy(name="accuracy")]
