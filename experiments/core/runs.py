"""The one reader of run directories, and what they are called in figures.

They are written by `keras_nonnormal.training.RunDirectory`. Nothing heavy is imported.
"""

import csv
import functools
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.core.legacy import program_of_config
from experiments.core.options import OptionError, by_role
from experiments.core.program import Program
from experiments.core.report import gathered

# Roles of options in which repeats of one setting may differ; all others say what is
# trained.
FREE_IN_REPEATS = ("seed", "numerics", "label", "where", "shown", "source", "test")
GAMMAS = ("gamma", "gamma2")
# The names that runs of different recipes, and of earlier versions, have for one thing.
SIZES = ("units", "nhid", "hidden_units")
NETS = ("net_type", "init")


@dataclass(eq=False)
class RunFolder:
    """A run directory."""

    path: Path
    config: dict[str, Any]  # of its `config.json`
    label: str = ""  # what it is called in figures

    @property
    def experiment(self) -> str:
        """The name of the script that made it."""
        return self.config.get("experiment", "experiment")

    @functools.cached_property
    def program(self) -> Program:
        """The program that made it, also in an earlier version."""
        try:
            return program_of_config(self.config)
        except (KeyError, StopIteration, OptionError) as error:
            raise OptionError(
                f"{self.path} is of {self.experiment}.py ({self._kind}), which is "
                "not known here"
            ) from error

    @functools.cached_property
    def known(self) -> Program | None:
        """The same, or None if it is not known here."""
        try:
            return self.program
        except OptionError:
            return None

    @property
    def recipe(self) -> str:
        """The recipe it was trained by; of a script that is not known, as it says."""
        return self.known.recipe.name if self.known else self._kind

    @property
    def _kind(self) -> str:
        return self.config.get("recipe") or self.config.get("family", "starts")

    @functools.cached_property
    def options(self) -> dict[str, Any]:
        """The options it was made with, by name; of another script, as it has them."""
        return self.known.options if self.known else self.config["options"]

    @property
    def model(self) -> Path:
        """The file of its trained model; an `OptionError` if there is none."""
        file = self.path / "model.keras"
        if not file.is_file():
            raise OptionError(
                f"{self.path} holds no model.keras; expected a run that is finished"
            )
        return file

    @property
    def best_weights(self) -> Path:
        """The file of its model, or of the best weights of an unfinished run."""
        best = sorted(self.path.glob("checkpoints/best-*.weights.h5"))
        if (self.path / "model.keras").is_file() or not best:
            return self.model
        return best[-1]

    @property
    def setting(self) -> dict[str, Any]:
        """The options that say what is trained, but for the seed."""
        free = by_role(self.known.declared if self.known else {}, *FREE_IN_REPEATS)
        return {k: v for k, v in self.options.items() if k not in free}

    def setting_but(self, *names: str, group: str | None = None) -> str:
        """The same as a text, without some options and without a group of them."""
        declared = self.known.declared if self.known else {}
        grouped = {name for name, each in declared.items() if each.group == group}
        left = {k: v for k, v in self.setting.items() if k not in grouped.union(names)}
        return json.dumps(left, sort_keys=True)

    def history(self) -> list[dict[str, float]]:
        """The rows of its `metrics.csv`.

        Where a network has no penalty its loss is given as `task_loss`, too, and
        `update` is how many updates there were, if rows are not passes over data.
        """
        file = self.path / "metrics.csv"
        try:
            with open(file, newline="", encoding="utf-8") as lines:
                rows = [
                    {name: float(text) for name, text in row.items() if text}
                    for row in csv.DictReader(lines)
                ]
        except FileNotFoundError:
            rows = []
        except (OSError, TypeError, ValueError, AttributeError) as error:
            raise OptionError(f"cannot read {file}: {error}") from error
        if not rows:
            raise OptionError(
                f"{self.path} holds no metrics.csv with an epoch in it; expected a run "
                "that has come that far"
            )
        for row in rows:
            for split in ("", "val_"):
                if f"{split}loss" in row:
                    row.setdefault(f"{split}task_loss", row[f"{split}loss"])
            if self.index == "update":
                row["update"] = self.counted(row["epoch"])
        return rows

    def logged(self, name: str) -> dict[int, list[float]]:
        """The values of a variable by epoch, if it has a `name.csv` of them.

        That is `alpha`, the heights of a learned stair, or `gain` and `saturation`.
        """
        file = self.path / f"{name}.csv"
        try:
            with open(file, newline="", encoding="utf-8") as lines:
                head, *rows = csv.reader(lines)
            if head != ["epoch", *map(str, range(len(head) - 1))]:
                raise ValueError("expected the columns epoch, 0, 1, 2, ...")
            table = [(int(epoch), [*map(float, row)]) for epoch, *row in rows]
            if any(len(row) != len(head) - 1 for _, row in table):
                raise ValueError("expected rows as long as the first")
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise OptionError(f"cannot read {file}: {error}") from error
        return dict(table)

    @property
    def index(self) -> str:
        """What its rows count: `"epoch"`, or `"update"` of fresh sequences."""
        return "update" if self._updates_per_row else "epoch"

    def counted(self, epoch: int | float) -> int | float:
        """The count of that for an epoch."""
        return epoch * (self._updates_per_row or 1)

    @property
    def _updates_per_row(self) -> int | None:
        return getattr(self.known and self.known.task, "updates_per_epoch", None)

    def summary(self) -> dict[str, Any]:
        """What its `summary.json` holds; nothing if it is not finished."""
        return read_summary(self.path)


def repeats(runs: Iterable[RunFolder]) -> list[list[RunFolder]]:
    """The runs of every setting, which differ in nothing that is trained but seeds."""
    keyed = (((run.experiment, run.setting_but()), run) for run in runs)
    return list(gathered(keyed).values())


def run_folders(paths: Sequence[str]) -> list[RunFolder]:
    """Run directories with labels that differ; refuses one that is there twice."""
    folders = [Path(path) for path in paths]
    for path, times in Counter(path.resolve() for path in folders).items():
        if times > 1:
            raise OptionError(f"{path} is named {times} times; expected each run once")
    runs = [RunFolder(path, read_config(path)) for path in folders]
    labels = labels_of(folders, [run.options for run in runs])
    for run, label in zip(runs, labels, strict=True):
        run.label = label
    return runs


def read_config(path: Path) -> dict[str, Any]:
    """What the `config.json` of a run directory holds, with its `options`."""
    file = path / "config.json"
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        what = "has no config.json" if path.is_dir() else "is no folder"
        raise OptionError(f"{path} {what}; expected a run directory") from error
    except (OSError, ValueError) as error:
        raise OptionError(f"cannot read {file}: {error}") from error
    if not isinstance(config, dict) or not isinstance(config.get("options"), dict):
        raise OptionError(f"{file} holds no options; expected that of a run")
    return config


def read_summary(path: Path) -> dict[str, Any]:
    """What the `summary.json` of a run directory holds; nothing if it has none."""
    try:
        summary = json.loads((path / "summary.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return summary if isinstance(summary, dict) else {}


def states(path: Path) -> dict[int, Path]:
    """The states that a run directory keeps, by the epochs behind them, in order."""
    files = path.glob("checkpoints/epoch-*.h5")
    return dict(sorted((int(f.name.split(".")[0][len("epoch-") :]), f) for f in files))


def labels_of(
    folders: Sequence[Path], options: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Labels of runs that differ.

    A label is the kind of network, its hidden size, its nonlinearity unless that is
    modReLU, and its stair, if it has one; if these are not enough, the shape that gamma
    began with or the text that was read, then the seed, then the folder.
    """
    labels = [_labels(*each) for each in zip(folders, options, strict=True)]
    counts = [Counter(column) for column in zip(*labels, strict=True)]
    return [
        next(
            (label for label, n in zip(each, counts, strict=True) if n[label] == 1),
            each[-1],
        )
        for each in labels
    ]


def has_gamma(options: Mapping[str, Any]) -> bool:
    """Whether options of a run ask for a network with the nonlinearity gamma."""
    return options.get("nonlin") in GAMMAS


def _labels(path: Path, options: Mapping[str, Any]) -> tuple[str, ...]:
    """Labels of a run, one more likely to be its own than the other."""
    words = _stabilized if "pretrain" in options else _remembering
    short = shaped = ", ".join(words(options))
    if "corpus" in options:
        shaped = f"{short}, {options['corpus']}"
    elif has_gamma(options) and not options.get("random"):
        shaped = f"{short}, n = {options['gain']:g}, s = {options['saturation']:g}"
    seed = f"{shaped}, seed {options.get('seed', '?')}"
    return short, shaped, seed, f"{short} ({path.name})", f"{short} ({path})"


def _remembering(options: Mapping[str, Any]) -> Iterator[str]:
    """`nnRNN 128`, `stair n2`."""
    kinds = [
        next((str(options[name]) for name in names if options.get(name)), None)
        for names in (NETS, SIZES)
    ]
    if "corpus" in options and "cell" in options:
        kinds.insert(0, options["cell"].upper())
    yield " ".join(filter(None, kinds)) or "run"
    if (options.get("nonlin") or "modrelu") != "modrelu":
        yield options["nonlin"]
    if has_gamma(options) and not options.get("learn_params", True):
        yield "fixed"
    if (options.get("stair") or "none") != "none":
        yield f"stair {options['stair']}"


def _stabilized(options: Mapping[str, Any]) -> Iterator[str]:
    """`LSTM 5`, `controller 0.5`, or `sin 0.001`, `he`, `none`."""
    kind = (options.get("net"), options.get("stack"))
    if kind[0] is None:
        rate = options.get("learning_rate", options.get("lr"))
        kind = (options.get("activation"), rate)
    yield " ".join(str(each) for each in kind if each is not None)
    if "net" not in options and options.get("init"):
        yield options["init"]
    how = options["pretrain"]
    yield how if how == "none" else f"{how} {options.get('target')}"
