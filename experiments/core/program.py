"""A run as a value: task x network x recipe x run, four small frozen dataclasses.

Every task, network and recipe is a class in a file of its own that registers itself;
the command line, `config.json`, grids and tables of presets are its flattening.
"""

import dataclasses
import functools
import importlib.util
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from experiments.core import published
from experiments.core.options import (
    Option,
    OptionError,
    Options,
    flag,
    named,
    option,
    options_of,
)

STRATEGIES = ("none", "mirrored", "multiworker")
TASKS: dict[tuple[str, str], type["Task"]] = {}
NETWORKS: list[type["Network"]] = []
RECIPES: dict[str, type["Recipe"]] = {}


@dataclass(frozen=True)
class Task(Options):
    """What is to be learnt: the data of a script under some of its recipes.

    Its methods import what they need themselves, so that wrong options are refused
    before TensorFlow is loaded.
    """

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

    def settled(self, program: "Program") -> "Task":
        """The same with what follows from the other parts; checks what they need."""
        return self

    def load(self, seed: int) -> Any:
        """The `keras_nonnormal.datasets.Task`.

        Args:
            seed: The seed of the run.
        """
        raise NotImplementedError

    @property
    def widths(self) -> dict[str, Any]:
        """`input_width`, `output_width`, and of a text `vocabulary` and `tied`."""
        raise NotImplementedError

    @property
    def longest(self) -> int:
        """Time steps of the longest sequence."""
        raise NotImplementedError

    def remarks(self, program: "Program", given: Mapping[str, Any]) -> Iterator[str]:
        """What to warn of, a line each, given the values of flags."""
        yield from ()


@dataclass(frozen=True)
class Network(Options):
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

    def settled(self, program: "Program") -> "Network":
        """The same with what follows from the other parts; checks what they need."""
        return self

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

    def remarks(self, program: "Program", given: Mapping[str, Any]) -> Iterator[str]:
        """What to warn of, a line each, given the values of flags."""
        yield from ()


@dataclass(frozen=True)
class Recipe(Options):
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
    def rows(cls) -> Sequence[published.Row]:
        """The published rows of the recipe, and its demonstrations."""
        return published.table(cls.name)

    @classmethod
    def claims(cls, values: Mapping[str, Any]) -> str | None:
        """The option whose value means this recipe where others know it, too."""
        return None

    @classmethod
    def understood(cls, script: str, given: dict[str, Any]) -> dict[str, Any]:
        """The values of flags, where a value of one may say something of another."""
        return given

    def settled(self, program: "Program") -> "Recipe":
        """The same with what follows from the other parts; checks what they need."""
        return self

    @property
    def trains(self) -> bool:
        """Whether anything is trained after `stabilize`."""
        return True

    def stabilize(self, program: "Program", model, task, directory) -> dict[str, Any]:
        """What is done to a model before training; what is to be said of it."""
        return {}

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
        return published_beside(program)

    def report(
        self, program: "Program", summaries: Mapping[str, Mapping[str, Any]]
    ) -> str:
        """What is said after the training, given the summary of every run by name."""
        raise NotImplementedError

    def verdict(
        self, program: "Program", summaries: Mapping[str, Mapping[str, Any]]
    ) -> str:
        """What is said last of all, such as what was missed; empty for nothing."""
        return ""

    def curves(self, program: "Program", task: Any) -> dict[str, Any]:
        """Arguments of `keras_nonnormal.plotting.learning_curves`."""
        return {"trivial_loss": task.trivial_loss, "title": task.name}

    def remarks(self, program: "Program", given: Mapping[str, Any]) -> Iterator[str]:
        """What to warn of, a line each, given the values of flags."""
        yield from ()


@dataclass(frozen=True)
class Run(Options):
    """What a run starts from, where it runs and what it leaves."""

    group: ClassVar[str] = "run"

    preset: str = option(
        "demo", "settings to start from; other flags override them", role="source"
    )
    recipe: str | None = option(
        None,
        "publication whose procedure and defaults hold (default: that which the other "
        "flags mean)",
        choices=lambda: RECIPES,
        role="source",
    )
    quick: bool = option(
        False, "fewer sequences and epochs: seconds, to see it run", role="source"
    )
    seed: int = option(
        1,
        "decides data, their order, and all random weights",
        low=0,
        high=2**32 - 1,
        alias=("rand_seed", "random_seed"),
        role="seed",
    )
    rounds: int = option(
        1,
        "runs, with seeds from --seed upwards, each in a folder of its own; the means "
        "of their test results are reported",
        low=1,
        role="seed",
    )
    jit: bool | None = option(
        True,
        "compile with XLA (default: recurrences; all of a training step where that is "
        "the faster way)",
        role="numerics",
    )
    name: str | None = option(
        None,
        "label in the name of the run's folder (default: what is trained)",
        role="label",
    )
    device: str = option("auto", "cpu, gpu, gpu:1 and so on, or auto", role="where")
    cuda: bool = option(
        False,
        "use a GPU if there is one, as --device auto does without being told",
        alias="-g",
        role="where",
    )
    strategy: str = option(
        "none",
        "train on several devices at once, each with its share of a batch: on all GPUs "
        "(mirrored), or on the machines that TF_CONFIG names (multiworker)",
        choices=STRATEGIES,
        role="where",
    )
    tensorboard: bool | None = option(
        None, "write TensorBoard events (default: if it is installed)", role="where"
    )
    out: str | None = option(
        None, "run directory (default: a new one under runs/)", role="where"
    )
    resume: bool = option(
        False,
        "continue the run in --out, else the latest unfinished one under runs/",
        role="where",
    )
    json: bool = option(
        False, "print the results as JSON, all else to standard error", role="shown"
    )

    def __post_init__(self):
        super().__post_init__()
        if not re.fullmatch(r"auto|cpu|gpu(:\d+)?", self.device):
            raise OptionError(
                f"--device: expected cpu, gpu, gpu:1 or auto, received {self.device!r}"
            )
        if self.strategy != "none" and ":" in self.device:
            raise OptionError(
                f"--device: --strategy {self.strategy} takes all devices, expected "
                f"cpu, gpu or auto, received {self.device!r}"
            )
        if self.tensorboard and not has_tensorboard():
            raise OptionError(
                "--tensorboard: TensorBoard is not installed; "
                "pip install tensorboard, or leave the flag out"
            )
        if self.name is not None and not re.fullmatch(r"[\w.+-]+", self.name):
            raise OptionError(
                "--name: expected a part of a folder's name, of letters, digits and "
                f"_ . + -, received {self.name!r}"
            )
        if self.seed + self.rounds > 2**32:
            raise OptionError(
                f"--rounds: expected seeds below {2**32}, received {self.rounds} from "
                f"--seed {self.seed} upwards"
            )

    @property
    def writes_events(self) -> bool:
        """Whether to write TensorBoard events."""
        return has_tensorboard() if self.tensorboard is None else self.tensorboard


@dataclass(frozen=True)
class Program:
    """A run: its four parts.

    Args:
        task: What is to be learnt.
        network: What is trained.
        recipe: How.
        run: Where, from which seed, and what it leaves.
        others: Settings that other networks would have; they have no effect.
        why: Why this recipe, and whose settings hold, in words.
    """

    task: Any
    network: Any
    recipe: Any
    run: Run
    others: Mapping[str, Any] = field(default_factory=dict, compare=False)
    why: str = field(default="", compare=False)

    @property
    def script(self) -> str:
        """Name of the script."""
        return self.task.script

    @property
    def parts(self) -> tuple[Any, ...]:
        """Task, network, recipe and run."""
        return self.task, self.network, self.recipe, self.run

    @property
    def declared(self) -> dict[str, Option]:
        """Its options by name."""
        return options_of(*map(type, self.parts))

    @property
    def options(self) -> dict[str, Any]:
        """The values of all options by name, as `config.json` has them."""
        return {
            name: getattr(part, name)
            for part in self.parts
            for name in options_of(type(part))
        }

    def changed(self, **changes: Any) -> "Program":
        """The same with other values of some options, by their own names."""
        values = {**self.options, **self.others, **changes}
        program = compose(self.script, self.recipe.name, values)
        return dataclasses.replace(program, why=self.why)

    @property
    def start(self) -> str:
        """What is trained, in words: `nnRNN, 128 units, stair expn`."""
        return ", ".join(self.network.words(self))

    @property
    def label(self) -> str:
        """One word for the name of the run's folder."""
        return self.run.name or self.network.label(self)

    @property
    def compiles_steps(self) -> bool:
        """Whether to compile whole training steps, not only recurrences."""
        return self.network.compiles_steps(self)

    def remarks(self, given: Mapping[str, Any]) -> Iterator[str]:
        """What to warn of, a line each.

        Args:
            given: The options that were given as flags.
        """
        declared = self.declared
        for name in given:
            if name not in declared:
                yield f"{flag(name)} has no effect: {self._lack(name)}"
        for part in (self.network, self.recipe, self.task):
            yield from part.remarks(self, given)

    def _lack(self, name: str) -> str:
        """Whose an option is that this network does not have."""
        mine = getattr(self.network, self.network.selector or "", self.script)
        owners = [
            each
            for network in networks_of(self.script, self.recipe.name)
            if name in options_of(network)
            for each in network.names
        ]
        return f"it is an option of {', '.join(owners)}, not of {mine}"


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


@functools.cache
def _known(script: str, recipe: str, count: int) -> dict[str, Option]:
    networks = networks_of(script, recipe)
    return options_of(TASKS[script, recipe], *networks, RECIPES[recipe], Run)


def known_options(script: str, recipe: str) -> dict[str, Option]:
    """The options of a script under a recipe, of whatever network, by name."""
    return _known(script, recipe, len(NETWORKS))


def compose(script: str, recipe: str, values: Mapping[str, Any]) -> Program:
    """The program that settings mean.

    Args:
        script: Name of the script.
        recipe: Name of the recipe.
        values: Options under any of their names, as values or texts; those that the
            recipe and the classes leave open have their defaults.

    Raises:
        OptionError: If there is no such option, or a value or a combination of them
            makes no sense.
    """
    read = {**read_values(script, recipe, values), "recipe": recipe}
    network = _network(script, recipe, read)
    classes = TASKS[script, recipe], network, RECIPES[recipe], Run
    for name, reason in network.refused.items():
        if read.get(name, "none") not in (None, "none"):
            mine = read.get(network.selector, network.names[0])
            raise OptionError(
                f"{flag(name)}: {mine} {reason}; expected none, received {read[name]!r}"
            )
    parts: list[Any] = [
        each(**{name: read[name] for name in options_of(each) if name in read})
        for each in classes
    ]
    declared = options_of(*classes)
    others = {name: value for name, value in read.items() if name not in declared}
    program = Program(*parts, others=others)
    for part in ("task", "network", "recipe"):
        settled = getattr(program, part).settled(program)
        program = dataclasses.replace(program, **{part: settled})
    return program


def read_values(script: str, recipe: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings under the options' own names, in their types.

    Raises:
        OptionError: If there is no such option, or it cannot have that value.
    """
    known = known_options(script, recipe)
    read: dict[str, Any] = {}
    for name, value in values.items():
        each = named(known, name)
        if each is None:
            raise OptionError(f"{script}.py has no option {flag(name)} ({recipe})")
        read[each.name] = each.read(value)
    return read


def _network(script: str, recipe: str, read: dict[str, Any]) -> type[Network]:
    """The class of the network that values mean; settles other names of it."""
    classes = networks_of(script, recipe)
    selector = classes[0].selector
    if not selector:
        return classes[0]
    read.update(spelled_out(script, recipe, read))
    name = read.get(selector, known_options(script, recipe)[selector].default)
    found = next((each for each in classes if name in each.names), None)
    if found is None:
        names = ", ".join(each for network in classes for each in network.names)
        raise OptionError(
            f"{flag(selector)}: expected one of {names}, received {name!r}"
        )
    read[selector] = name
    return found


def spelled_out(script: str, recipe: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Values in which another name of a network is its own, with what it implies."""
    for each in networks_of(script, recipe):
        if (implied := each.spellings.get(given.get(each.selector, ""))) is not None:
            return {**implied, **given, each.selector: implied[each.selector]}
    return dict(given)


def presets_of(script: str, recipe: str) -> dict[str, published.Row]:
    """The presets of a script under a recipe, by name."""
    found: dict[str, published.Row] = {}
    for row in RECIPES[recipe].rows():
        if row.script == script and row.preset and not row.preset.startswith("@"):
            found.setdefault(row.preset, row)
    found.setdefault("script", published.Row(script, "script"))
    return found


def published_beside(program: Program) -> dict[str, str]:
    """What was published in the setting of a program, by name, and its `setting`.

    The setting is that of the preset, or else one whose options are all as they are
    here. Nothing if there is none, or if the network is in no row of the table.
    """
    rows = [row for row in program.recipe.rows() if row.script == program.script]
    own = presets_of(program.script, program.recipe.name).get(program.run.preset)
    heads = [row for row in rows if row.preset.startswith("@") and row.result]
    if own and own.setting:
        heads = [row for row in heads if row.preset == own.setting]
    else:
        heads = [row for row in heads if row.settings and _agrees(program, row)]
    if not heads:
        return {}
    head, setting = heads[0], heads[0].preset
    selector = program.network.selector
    mine = getattr(program.network, selector) if selector else None
    if mine is not None and mine not in {row.settings.get(selector) for row in rows}:
        return {}
    results = {
        row.shown or row.preset: row.result
        for row in rows
        if row.setting == setting and row.result and row is not head
    }
    return {"setting": head.result, **results} if results else {}


def _agrees(program: Program, row: published.Row) -> bool:
    values = read_values(program.script, program.recipe.name, row.settings)
    options = program.options
    return all(options.get(name) == value for name, value in values.items())


def has_tensorboard() -> bool:
    """Whether TensorBoard is installed."""
    return importlib.util.find_spec("tensorboard") is not None
