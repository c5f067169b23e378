"""A run as a value: task x network x recipe x run, four small frozen dataclasses.

The command line, `config.json`, grids and tables of presets are its flattening.
"""

import dataclasses
import importlib.util
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from experiments.core.options import (
    Option,
    OptionError,
    Options,
    flag,
    named,
    option,
    options_of,
)
from experiments.core.parts import (
    RECIPES,
    TASKS,
    Network,
    Row,
    networks_of,
    presets_of,
)


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
        choices=("none", "mirrored", "multiworker"),
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
        known = re.fullmatch(r"auto|cpu|gpu(:\d+)?", self.device)
        self.refuse_if(not known, "device", "expected cpu, gpu, gpu:1 or auto")
        self.refuse_if(
            self.strategy != "none" and ":" in self.device,
            "device",
            f"--strategy {self.strategy} takes all devices, expected cpu, gpu or auto",
        )
        if self.tensorboard and not has_tensorboard():
            raise OptionError(
                "--tensorboard: TensorBoard is not installed; "
                "pip install tensorboard, or leave the flag out"
            )
        self.refuse_if(
            self.name is not None and not re.fullmatch(r"[\w.+-]+", self.name),
            "name",
            "expected a part of a folder's name, of letters, digits and _ . + -",
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


def has_tensorboard() -> bool:
    """Whether TensorBoard is installed."""
    return importlib.util.find_spec("tensorboard") is not None


@dataclass(frozen=True)
class Program:
    """A run: its four parts, and what there is to say of them."""

    task: Any
    network: Any
    recipe: Any
    run: Run
    # Settings that other networks would have; they have no effect.
    others: Mapping[str, Any] = field(default_factory=dict, compare=False)
    # Why this recipe, and whose settings hold, in words.
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
        """What to warn of, a line each, given the values of flags."""
        for name in given:
            if name not in self.declared:
                yield f"{flag(name)} has no effect: {self._lack(name)}"
        said = self.recipe.said(self, given)
        for part in (self.network, self.recipe, self.task):
            for names, reason in part.idle(self):
                why = f" {reason}" if reason.startswith("with") else f": {reason}"
                for name in filter(said.__contains__, names.split()):
                    yield f"{flag(name)} has no effect{why}"
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

    def published_beside(self, setting: str | None = None) -> dict[str, str]:
        """What was published in a setting, by name, and what that is as `setting`.

        Args:
            setting: Name of the setting, such as `@copy`; by default that of the
                preset, or else one whose options are all as they are here. Nothing was
                published if there is none, or for a network in no row of the table.
        """
        rows = [row for row in self.recipe.rows() if row.script == self.script]
        setting = self._setting(rows) if setting is None else setting
        own = [row for row in rows if setting and setting in (row.preset, row.setting)]
        found = {row.shown or row.preset: row.result for row in own if row.result}
        if setting not in found or len(found) == 1:
            return {}
        return {"setting": found.pop(setting), **found}

    def _setting(self, rows: Sequence[Row]) -> str:
        script, recipe, selector = self.script, self.recipe.name, self.network.selector
        known = {row.settings.get(selector) for row in rows}
        if selector and getattr(self.network, selector) not in known:
            return ""
        own = presets_of(script, recipe).get(self.run.preset)
        if own and own.setting:
            return own.setting
        options = self.options
        heads = (
            r for r in rows if r.preset.startswith("@") and r.result and r.settings
        )
        for row in heads:
            values = read_values(script, recipe, row.settings)
            if all(options.get(name) == value for name, value in values.items()):
                return row.preset
        return ""


def known_options(script: str, recipe: str) -> dict[str, Option]:
    """The options of a script under a recipe, of whatever network, by name."""
    networks = networks_of(script, recipe)
    return options_of(TASKS[script, recipe], *networks, RECIPES[recipe], Run)


def compose(script: str, recipe: str, values: Mapping[str, Any]) -> Program:
    """The program that settings mean.

    Args:
        script: Name of the script.
        recipe: Name of the recipe.
        values: Options under any of their names, as values or texts; others have the
            defaults of their declarations.

    Raises:
        OptionError: If there is no such option, or values make no sense.
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
    """Settings under the options' own names, in their types."""
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
