"""The one reader of run directories, without heavy imports.

They are written by `keras_nonnormal.training.RunDirectory`.
"""

import csv
import importlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.experiment import Experiment
from experiments.options import OptionError
from experiments.run_labels import labels_of

# What is drawn if nothing is said: the first that all runs have.
METRICS = (
    *("val_mode_accuracy", "val_perplexity"),
    *("val_accuracy", "val_task_loss", "task_loss"),
)
# Roles of options in which repeats of one setting may differ; all others say what is
# trained.
FREE_IN_REPEATS = ("seed", "where", "shown")
# Scripts whose module has another name.
MODULES = {"copy": "copy_task"}


@dataclass(frozen=True)
class RunFolder:
    """A run directory.

    Args:
        path: The folder.
        config: What its `config.json` holds.
        label: What it is called in figures.
    """

    path: Path
    config: dict[str, Any]
    label: str

    @property
    def experiment(self) -> str:
        """The name of the script that made it."""
        return self.config.get("experiment", "experiment")

    @property
    def options(self) -> dict[str, Any]:
        """The options it was made with."""
        return self.config["options"]

    @property
    def model(self) -> Path:
        """The file of its trained model.

        Raises:
            OptionError: If there is none.
        """
        file = self.path / "model.keras"
        if not file.is_file():
            raise OptionError(
                f"{self.path} holds no model.keras; expected a run that is finished"
            )
        return file

    def script(self) -> tuple[Experiment, Any]:
        """The experiment that made it, and its options.

        Raises:
            OptionError: If it is none of those in this folder.
        """
        name, family = self.experiment, self.config.get("family", "starts")
        try:
            module = importlib.import_module(f"experiments.{MODULES.get(name, name)}")
            experiment = next(
                value
                for value in vars(module).values()
                if isinstance(value, Experiment) and value.family == family
            )
            return experiment, experiment.options(**self.options)
        except (ImportError, StopIteration, TypeError) as error:
            raise OptionError(
                f"{self.path} is of {name}.py ({family}), which is not known here"
            ) from error

    def history(self) -> list[dict[str, float]]:
        """The rows of its `metrics.csv`.

        Where a network has no penalty its loss is given as `task_loss`, too, and
        `update` is how many updates there were, if rows are not passes over data.

        Raises:
            OptionError: If there are none, or the file is no table of numbers.
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

        Args:
            name: The variable: `"alpha"`, the heights of a learned stair, `"gain"` or
                `"saturation"`, those of gamma.

        Raises:
            OptionError: If the file is no such table.
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
        return "update" if self._updates_per_row() else "epoch"

    def counted(self, epoch: int | float) -> int | float:
        """The count of that for an epoch."""
        return epoch * (self._updates_per_row() or 1)

    def _updates_per_row(self) -> int | None:
        """How many updates a row of metrics stands for, if that is known."""
        try:
            return getattr(self.script()[1], "updates_per_epoch", None)
        except OptionError:
            return None

    def summary(self) -> dict[str, Any]:
        """What its `summary.json` holds; nothing if it is not finished."""
        try:
            return json.loads((self.path / "summary.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}


def run_folders(paths: Sequence[str]) -> list[RunFolder]:
    """Run directories with labels that differ.

    Args:
        paths: The folders.

    Raises:
        OptionError: If one of them is no run directory, or is there twice.
    """
    folders = [Path(path) for path in paths]
    for path, times in Counter(path.resolve() for path in folders).items():
        if times > 1:
            raise OptionError(f"{path} is named {times} times; expected each run once")
    configs = [_config(path) for path in folders]
    labels = labels_of(folders, [config["options"] for config in configs])
    return [
        RunFolder(path, config, label)
        for path, config, label in zip(folders, configs, labels, strict=True)
    ]


def finished(runs: Sequence[RunFolder]) -> Sequence[RunFolder]:
    """The same runs, all of which have a trained model, and a script that is known.

    Raises:
        OptionError: If one has not.
    """
    for run in runs:
        run.script()
        assert run.model
    return runs


def of_one_experiment(runs: Sequence[RunFolder]) -> str:
    """The name of the script that made all of these runs.

    Raises:
        OptionError: If there are several.
    """
    names = sorted({run.experiment for run in runs})
    if len(names) > 1:
        raise OptionError(
            f"expected runs of one experiment in a figure, received {', '.join(names)}"
        )
    return names[0]


def metric_of_all(
    histories: Mapping[str, Sequence[Mapping[str, float]]], asked: str | None = None
) -> str:
    """A metric that all runs have, the one that is asked for if any.

    Args:
        histories: For each run, by its label, the rows of its metrics.
        asked: Name of the metric, or None.

    Raises:
        OptionError: If there is none.
    """
    known = {
        label: {name for row in rows for name in row}
        for label, rows in histories.items()
    }
    if asked is None:
        shared = set.intersection(*known.values())
        for name in METRICS:
            if name in shared:
                return name
        raise OptionError(f"--metric: the runs share none of {', '.join(METRICS)}")
    for label, names in known.items():
        if asked not in names:
            others = ", ".join(sorted(names - {"epoch", "update", "seconds"}))
            raise OptionError(
                f"--metric: {label} has no {asked}, expected one of {others}"
            )
    return asked


def _config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads((path / "config.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        what = "has no config.json" if path.is_dir() else "is no folder"
        raise OptionError(f"{path} {what}; expected a run directory") from error
    except (OSError, ValueError) as error:
        raise OptionError(f"cannot read {path / 'config.json'}: {error}") from error
    if not isinstance(config, dict) or not isinstance(config.get("options"), dict):
        raise OptionError(
            f"{path / 'config.json'} holds no options; expected that of a run"
        )
    return config
