"""The rows of the results page, of `published/results.yaml`, and their small summaries.

A summary is a JSON file of a few kilobytes: the setting, the scores and the thinned
curves of a run, finished or not, and with which versions and commit it was trained.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from experiments.core.options import OptionError
from experiments.core.parts import TABLES
from experiments.core.program import Program
from experiments.core.report import gathered
from experiments.core.runs import RunFolder, read_config
from experiments.sweeps.grids import Grid, axis_of, read_yaml
from experiments.sweeps.plan import Planned, planned
from experiments.sweeps.worker import kept_outcome

ROWS = TABLES / "results.yaml"
SUMMARIES = TABLES.parents[1] / "results"
UNFINISHED = "unfinished"
FIGURES = {"curves", "bars", "shares", "over"}
KEYS_OF_ROW = {"set", "beside", "minutes"}
MOST_POINTS, DIGITS = 100, 5  # of a curve; significant digits of a number
NOT_CURVES = {"epoch", "update", "seconds", "task_loss", "val_task_loss"}
COPIED = ("parameters", "test", "tests", "pretraining")  # of a run's own summary
NEEDED = ("key", "state", "rows", "per_row", "seconds", "versions", "commit", "curves")
Summary = Mapping[str, Any]


@dataclass(frozen=True)
class Section:
    """A table of the page and its figures; `results.yaml` says what the keys mean."""

    name: str
    title: str
    paper: str
    script: str
    score: str
    seeds: Any
    minutes: float
    rows: Mapping[str, Mapping[str, Any]]
    figure: Mapping[str, str] = field(default_factory=dict)
    set: Mapping[str, Any] = field(default_factory=dict)
    shortened: Mapping[str, Any] = field(default_factory=dict)
    hopeless: float = math.inf
    published: str = ""
    smaller: str = ""
    levels: Sequence[float] = ()
    settled: Sequence[str] = ()
    open: Sequence[str] = ()

    def __post_init__(self):
        for known, keys in (
            (FIGURES, self.figure),
            *((KEYS_OF_ROW, row) for row in self.rows.values()),
        ):
            if unknown := keys.keys() - known:
                expected = ", ".join(sorted(known))
                raise ValueError(f"expected {expected}, received {min(unknown)!r}")


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Args:
        section: The section it is in.
        name: Its name in that.
        runs: Its runs, the seeds of a setting next to each other.
        whole: How long a run is as published, in epochs or updates.
        published: The published result in words; empty if there is none.
    """

    section: Section
    name: str
    runs: Sequence[Planned]
    whole: int
    published: str

    @property
    def label(self) -> str:
        """What `--only` is compared with: `starts-copy/chain 1.02`."""
        return f"{self.section.name}/{self.name}"

    @property
    def minutes(self) -> float:
        """The minutes that one of its runs takes."""
        return self.section.rows[self.name].get("minutes", self.section.minutes)

    @cached_property
    def settings(self) -> list[list[Planned]]:
        """The runs of every setting, which differ in their seeds alone."""
        return list(gathered((run.alike(), run) for run in self.runs).values())


def rows_of_page(out: Path = Path(), file: Path = ROWS) -> list[Row]:
    """All rows, in the order of the page.

    Args:
        out: The folder of their run directories.
        file: The YAML file.

    Raises:
        OptionError: If it cannot be read, or a section or an option makes no sense.
    """
    content, found = read_yaml(file), []
    if not isinstance(content, dict):
        raise OptionError(f"{file}: expected sections by name")
    for name, values in content.items():
        try:
            section = Section(name=name, **values)
            found += [_row(section, each, out) for each in section.rows]
        except (TypeError, ValueError, AttributeError, OptionError) as error:
            what = str(error).replace("Section.__init__() ", "")
            raise OptionError(f"{file}: {name}: {what}") from error
    return found


def _row(section: Section, name: str, out: Path) -> Row:
    values = section.rows[name]
    whole = {**section.set, **values.get("set", {})}
    runs, (full, *_) = (
        planned(Grid(section.script).along({k: axis_of(v) for k, v in of.items()}), out)
        for of in ({**whole, **section.shortened, "seed": section.seeds}, whole)
    )
    published = _published(full.program, section.published, values.get("beside"))
    rows, per_row = length(full.program)
    return Row(section, name, runs, rows * per_row, published)


def _published(program: Program, setting: str, beside: str | None) -> str:
    """A result of the tables: of a setting by its name, or that of the preset."""
    rows = [row for row in program.recipe.rows() if row.script == program.script]
    if beside is None:
        return {row.preset: row.result for row in rows}.get(program.run.preset, "")
    for row in rows:
        if row.setting == setting and beside in (row.shown, row.preset):
            return row.result
    raise ValueError(f"nothing named {beside!r} was published in {setting!r}")


def length(program: Program) -> tuple[int, int]:
    """The rows of metrics of a whole run, and the epochs or updates of each."""
    rows = program.options.get("epochs") or program.task.epochs
    return rows, getattr(program.task, "updates_per_epoch", 1)


def note(run: Planned, folder: Path = SUMMARIES) -> None:
    """Writes the small summary of a run, if there is something to be said of it."""
    if (run.directory / "config.json").is_file() and (
        summary := summary_of(RunFolder(run.directory, read_config(run.directory)))
    ):
        from keras_nonnormal.training.files import replacing

        lines = (f"{json.dumps(name)}: {json.dumps(v)}" for name, v in summary.items())
        folder.mkdir(exist_ok=True)
        with replacing(folder / f"{run.key}.json") as temporary:
            temporary.write_text("{" + ",\n".join(lines) + "}\n", encoding="utf-8")


def summary_of(run: RunFolder) -> Summary | None:
    """The small summary of a run; None if it is not over and has no epoch yet."""
    ended = kept_outcome(run.path)
    rows = run.history() if (run.path / "metrics.csv").is_file() else []
    if not (rows or ended):
        return None
    whole, per_row = length(run.program)
    names = dict.fromkeys(
        name for row in rows for name in row if name not in NOT_CURVES
    )
    names = [name for name in names if name.startswith("val_")] or list(names)
    loss = "val_loss" if "val_loss" in names else "loss"
    every = math.ceil(whole / MOST_POINTS)
    kept = [row for row in rows[:-1] if row["epoch"] % every == 0] + rows[-1:]
    finite = [row for row in rows if math.isfinite(row.get(loss, math.nan))]
    found = {
        "key": run.path.name,
        "experiment": run.experiment,
        "start": run.program.start,
        "seed": run.options["seed"],
        "setting": run.setting,
        "state": ended.state if ended else UNFINISHED,
        "rows": len(rows),
        "per_row": per_row,
        "seconds": sum(row.get("seconds", 0.0) for row in rows),
        "best": min(finite, key=lambda row: row[loss], default={}),
        "last": rows[-1] if rows else {},
        **{name: run.summary().get(name) or {} for name in COPIED},
        "versions": run.config.get("versions", {}),
        "commit": run.config.get("commit"),
        "at": [int(row["epoch"]) for row in kept],
        "curves": {name: [row.get(name) for row in kept] for name in names},
    }
    return _rounded(found)


def _rounded(value: Any) -> Any:
    """Numbers in few digits, and none that JSON does not know."""
    if isinstance(value, Mapping):
        return {name: _rounded(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value


def read_summaries(folder: Path = SUMMARIES) -> dict[str, Summary]:
    """The summaries in a folder by the keys of their runs.

    Raises:
        OptionError: If one of them is broken.
    """
    found = {}
    for file in sorted(folder.glob("*.json")):
        try:
            summary = json.loads(file.read_text(encoding="utf-8"))
            missing = [name for name in NEEDED if name not in summary]
            if missing or summary["key"] != file.stem:
                raise ValueError(f"no {missing[0]}" if missing else "of another run")
        except (OSError, ValueError, TypeError) as error:
            again = "remove it, and `reproduce` writes it again"
            raise OptionError(f"cannot read {file}: {error}; {again}") from error
        found[file.stem] = summary
    return found


def scores(summaries: Sequence[Summary], name: str) -> Iterator[float]:
    """The score of each run that has one: that of its test, or its best validation, or
    else its last row.
    """
    for each in summaries:
        places = ((each["test"], name), (each["best"], f"val_{name}"))
        found = (of.get(key) for of, key in (*places, (each["last"], name)))
        yield from [value for value in found if value is not None][:1]
