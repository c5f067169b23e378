"""The parts of a run, which register themselves: tasks, networks and recipes.

Every task, network and recipe is a class. Methods import what they need themselves, so
that wrong options are refused before TensorFlow is loaded.

What was published is data: a line of `published/RECIPE.csv` is a preset with its
published result. Its columns are `script`, `preset`, `like`, `result`, `shown`, options
under any of their names, and `more`, which holds further options: `T=200 onehot=true`.
An empty cell says nothing; `none` says that there is no value. A row has all that the
row named in `like` has, too. A preset whose name begins with `@` is a setting that rows
share: it cannot be asked for, and its result says in words which setting it is. A row
without a name holds nothing but a result of its setting. A preset may have several rows
that differ in the network: `demo`.
"""

import csv
import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from experiments.core.options import Options
from experiments.core.report import results_table

if TYPE_CHECKING:
    from experiments.core.program import Program

TASKS: dict[tuple[str, str], type["Task"]] = {}
NETWORKS: list[type["Network"]] = []
RECIPES: dict[str, type["Recipe"]] = {}
TABLES = Path(__file__).parents[1] / "published"
COLUMNS = ("script", "preset", "like", "result", "shown")
Summaries = Mapping[str, Mapping[str, Any]]  # of runs, by what is trained, in words


@dataclass(frozen=True)
class Row:
    """A row of a table, or one of a product of settings."""

    script: str
    preset: str  # empty for a result alone
    settings: Mapping[str, Any] = field(default_factory=dict)  # as texts or as values
    result: str = ""  # what was published; of a setting, what it is; or nothing
    setting: str = ""  # the one that it belongs to, such as `@copy`
    shown: str = ""  # what its result is called; by default the name of the preset


@functools.cache
def table(name: str) -> tuple[Row, ...]:
    """The rows of the table of a recipe; none if it has no table.

    Raises:
        ValueError: If a row is like one that is not above it.
    """
    file = TABLES / f"{name}.csv"
    if not file.is_file():
        return ()
    found: dict[tuple[str, str], Row] = {("", ""): Row("", "")}
    rows: list[Row] = []
    with open(file, newline="", encoding="utf-8") as lines:
        for number, cells in enumerate(csv.DictReader(lines), 2):
            script, preset, like, result, shown = (cells[each] for each in COLUMNS)
            own = {k: v for k, v in cells.items() if v and k not in COLUMNS}
            own |= dict(pair.split("=", 1) for pair in own.pop("more", "").split())
            base = found.get((script, like) if like else ("", ""))
            if base is None:
                raise ValueError(f"{file}:{number}: no row {like!r} above it")
            setting = preset if preset.startswith("@") else base.setting
            settings = {**base.settings, **own}
            rows.append(Row(script, preset, settings, result, setting, shown))
            if preset:
                found.setdefault((script, preset), rows[-1])
    return tuple(rows)


class Part(Options):
    """A task, a network or a recipe: what follows from the others, and warnings."""

    def settled(self, program: "Program") -> Self:
        """The same with what follows from the other parts; checks what they need."""
        return self

    def idle(self, program: "Program") -> Iterator[tuple[str, str]]:
        """Options that have no effect, their names with spaces between, and why.

        The reason begins with `with` or `without`, or stands alone.
        """
        yield from ()

    def remarks(self, program: "Program", given: Mapping[str, Any]) -> Iterator[str]:
        """What else to warn of, a line each, given the values of flags."""
        yield from ()


@dataclass(frozen=True)
class Task(Part):
    """What is to be learnt: the data of a script under some of its recipes."""

    group: ClassVar[str] = "task"
    script: ClassVar[str] = ""
    recipes: ClassVar[tuple[str, ...]] = ()
    quick: ClassVar[Mapping[str, Any]] = {}  # what `--quick` allows at most
    scores: ClassVar[tuple[str, ...]] = ()  # metrics that are shown beside the loss
    schedule: ClassVar[Mapping[str, Any]] = {}  # of `keras_nonnormal.training.Schedule`

    def __init_subclass__(cls, **settings: Any):
        super().__init_subclass__(**settings)
        for recipe in cls.__dict__.get("recipes", ()):
            TASKS[cls.script, recipe] = cls

    def load(self, seed: int) -> Any:
        """The `keras_nonnormal.datasets.Task`, given the seed of the run."""
        raise NotImplementedError

    @property
    def widths(self) -> dict[str, Any]:
        """`input_width`, `output_width`, and of a text `vocabulary` and `tied`."""
        raise NotImplementedError

    @property
    def longest(self) -> int:
        """Time steps of the longest sequence."""
        raise NotImplementedError


@dataclass(frozen=True)
class Network(Part):
    """What is trained: its options, checks, defaults, size, and how it is built."""

    group: ClassVar[str] = "network"
    names: ClassVar[tuple[str, ...]] = ()
    recipes: ClassVar[tuple[str, ...]] = ()
    scripts: ClassVar[tuple[str, ...]] = ()  # all of the recipes' if empty
    selector: ClassVar[str] = ""  # the option that holds one of the names
    spellings: ClassVar[Mapping[str, Mapping[str, Any]]] = {}  # other names, as options
    demo: ClassVar[Mapping[str, Any]] = {}  # changes to the demonstration of a script
    refused: ClassVar[Mapping[str, str]] = {}  # options it cannot have, and why
    before: ClassVar[Mapping[str, Any]] = {}  # for `legacy`

    def __init_subclass__(cls, **settings: Any):
        super().__init_subclass__(**settings)
        if cls.__dict__.get("names"):
            NETWORKS.append(cls)
            NETWORKS.sort(key=lambda each: each.names[0].lower())

    def words(self, program: "Program") -> list[str]:
        """The network in words, such as `nnRNN`, `128 units`, `stair expn`."""
        raise NotImplementedError

    def label(self, program: "Program") -> str:
        """One word for the name of the run's folder."""
        return "-".join(word.replace(" ", "") for word in self.words(program))

    def model(self, program: "Program", task: Any) -> Any:
        """The uncompiled `keras.Model` for a task."""
        raise NotImplementedError

    def parameters(self, program: "Program", task: Any) -> int | None:
        """How many numbers are trained, if that is known."""
        return None

    def compiles_steps(self, program: "Program") -> bool:
        """Whether to compile whole training steps, not only recurrences."""
        return program.run.jit is not False


@dataclass(frozen=True)
class Recipe(Part):
    """How it is trained: the published procedure, its defaults and its presets."""

    group: ClassVar[str] = "training"
    name: ClassVar[str] = ""
    about: ClassVar[str] = ""
    defaults: ClassVar[Mapping[str, Any]] = {}
    # The options in which runs may differ that are trained as one; none if empty.
    vectorized: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, **settings: Any):
        super().__init_subclass__(**settings)
        if name := cls.__dict__.get("name"):
            RECIPES[name] = cls

    @classmethod
    def rows(cls) -> Sequence[Row]:
        """The published rows of the recipe, and its demonstrations."""
        return table(cls.name)

    @classmethod
    def claims(cls, values: Mapping[str, Any]) -> str | None:
        """The option whose value means this recipe where others know it, too."""
        return None

    @classmethod
    def understood(cls, script: str, given: dict[str, Any]) -> dict[str, Any]:
        """The values of flags, where a value of one may say something of another."""
        return given

    def said(self, program: "Program", given: Mapping[str, Any]) -> set[str]:
        """The options that flags gave, not those that another flag stands for."""
        return set(given)

    @property
    def trains(self) -> bool:
        """Whether anything is trained after `stabilize`."""
        return True

    def stabilize(self, program: "Program", model, task, directory) -> None:
        """What is done to a model before training."""

    def new_optimizer(self, program: "Program", task: Any) -> Any:
        """A new optimizer."""
        raise NotImplementedError

    def training(self, program: "Program", task: Any) -> dict[str, Any]:
        """What else `keras_nonnormal.training.train` is told."""
        raise NotImplementedError

    def tests(self, program: "Program", model: Any, task: Any) -> dict[str, Any]:
        """What else is tested of a trained model, for `summary.json`."""
        return {}

    def compared(self, program: "Program") -> "Program | None":
        """A second training to compare with, or None."""
        return None

    def announcement(self, program: "Program", task: Any) -> str:
        """What is said before the training."""
        raise NotImplementedError

    def summary(self, program: "Program", task: Any, result: Any) -> dict[str, Any]:
        """The results of one training, for `summary.json`."""
        return {"trivial_loss": task.trivial_loss, **result.summary()}

    def published(self, program: "Program") -> Mapping[str, str]:
        """What was published, by name, and its `setting`; nothing if nothing was."""
        return program.published_beside()

    def report(self, program: "Program", summaries: Summaries) -> str:
        """What is said after the training."""
        return results_table(summaries, program.task.scores, self.published(program))

    def verdict(self, program: "Program", summaries: Summaries) -> str:
        """What is said last of all, such as what was missed; empty for nothing."""
        return ""

    def curves(self, program: "Program", task: Any) -> dict[str, Any]:
        """Arguments of `keras_nonnormal.plotting.learning_curves`."""
        return {"trivial_loss": task.trivial_loss, "title": task.name}


def recipes_of(script: str) -> list[str]:
    """The recipes of a script; the first is what several fit."""
    return [recipe for recipe in RECIPES if (script, recipe) in TASKS]


def scripts() -> list[str]:
    """The names of all scripts."""
    return list(dict.fromkeys(script for script, _ in TASKS))


def networks_of(script: str, recipe: str) -> list[type[Network]]:
    """The networks that a recipe trains in a script."""
    return [
        each
        for each in NETWORKS
        if recipe in each.recipes and (not each.scripts or script in each.scripts)
    ]


def network_names(recipe: str = "nnrnn") -> tuple[str, ...]:
    """The names of the networks of a recipe."""
    return tuple(n for each in NETWORKS if recipe in each.recipes for n in each.names)


def presets_of(script: str, recipe: str) -> dict[str, Row]:
    """The presets of a script under a recipe, by name."""
    found: dict[str, Row] = {}
    for row in RECIPES[recipe].rows():
        if row.script == script and row.preset and not row.preset.startswith("@"):
            found.setdefault(row.preset, row)
    found.setdefault("script", Row(script, "script"))
    return found
