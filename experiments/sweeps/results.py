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
from experiments.core.runs import RunFolder, read_config
from experiments.sweeps.grids import Axes, Grid, axis_of, read_yaml
from experiments.sweeps.plan import Planned, planned
from experiments.sweeps.worker import kept_outcome

PAGE_ROWS = TABLES / "results.yaml"
SUMMARIES = TABLES.parents[1] / "results"
UNFINISHED = "unfinished"
FIGURES = ("curves", "bars", "shares", "over")
MOST_POINTS = 100
NOT_CURVES = ("epoch", "update", "seconds", "task_loss", "val_task_loss")
DIGITS = 5  # significant ones of numbers in a summary
NEEDED = ("key", "state", "rows", "per_row", "seconds", "versions", "commit", "curves")


@dataclass(frozen=True)
class Section:
    """A table of the page, and its figures; see `results.yaml`.

    Args:
        name: Its name, which begins the names of its rows for `--only`.
        title: What is trained.
        paper: Name of the page of its publication.
        script: Name of the script.
        score: Metric of the table.
        seeds: The seeds.
        minutes: What a run takes on two cores.
        rows: For each row, by its name, its own `set`, `beside` and `minutes`.
        figure: Kinds of figures, and the metric or option that each is about.
        set: Options of all runs.
        shortened: Options that make runs shorter than published.
        hopeless: Epochs after which a run is given up that is not below the trivial
            loss.
        published: Name of the setting with the published results.
        smaller: What is smaller than published, in words.
        levels: The trivial loss, and that below which a run succeeds.
        settled: What is known about results that are not the published ones.
        open: What is not known about them.
    """

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
        for kind in self.figure:
            if kind not in FIGURES:
                known = ", ".join(FIGURES)
                raise ValueError(f"figure: expected some of {known}, received {kind!r}")
        for name, row in self.rows.items():
            if unknown := row.keys() - {"set", "beside", "minutes"}:
                raise ValueError(f"{name}: there is no key {min(unknown)!r}")

    @property
    def rises(self) -> bool:
        """Whether a higher score is the better one."""
        return "accuracy" in self.score


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Args:
        section: The section it is in.
        name: Its name in that.
        runs: Its runs, the seeds of a setting next to each other.
        whole: How long a run is as published, in what its rows count.
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
        found: dict[str, list[Planned]] = {}
        for run in self.runs:
            found.setdefault(run.alike(), []).append(run)
        return list(found.values())

    @property
    def program(self) -> Program:
        """The program of its first run."""
        return self.runs[0].program


def rows_of_page(out: Path = Path(), file: Path = PAGE_ROWS) -> list[Row]:
    """All rows, in the order of the page.

    Args:
        out: The folder of their run directories.
        file: The YAML file.

    Raises:
        OptionError: If it cannot be read, or a section or an option makes no sense.
    """
    content, found = read_yaml(file), []
    if not isinstance(content, dict) or not content:
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
    options = {**section.set, **values.get("set", {})}
    shorter = {**options, **section.shortened, "seed": section.seeds}
    runs, (full, *_) = (
        planned(Grid(section.script).along(_axes(each)), out)
        for each in (shorter, options)
    )
    published = _published(full.program, section, values.get("beside"))
    return Row(section, name, runs, counted(full.program), published)


def _axes(options: Mapping[str, Any]) -> Axes:
    return {name: axis_of(value) for name, value in options.items()}


def _published(program: Program, section: Section, beside: str | None) -> str:
    """A result of the tables: of a setting by its name, or that of the preset."""
    rows = [row for row in program.recipe.rows() if row.script == program.script]
    if beside is None:
        names = {row.preset: row.result for row in rows}
        return names.get(program.run.preset, "")
    for row in rows:
        if row.setting == section.published and beside in (row.shown, row.preset):
            return row.result
    raise ValueError(f"nothing named {beside!r} was published in {section.published!r}")


def rows_planned(program: Program) -> int:
    """How many rows of metrics a run has if it goes to its end."""
    return program.options.get("epochs") or program.task.epochs


def per_row(program: Program) -> int:
    """What a row of metrics counts: one epoch, or so many updates."""
    return getattr(program.task, "updates_per_epoch", 1)


def counted(program: Program) -> int:
    """How long a run is, in epochs or in updates of fresh sequences."""
    return rows_planned(program) * per_row(program)


def note(run: Planned, folder: Path = SUMMARIES) -> None:
    """Writes the small summary of a run, if it has come to an epoch."""
    if (run.directory / "config.json").is_file():
        found = RunFolder(run.directory, read_config(run.directory))
        if summary := summary_of(found, run.key):
            lines = (f"{json.dumps(k)}: {json.dumps(v)}" for k, v in summary.items())
            folder.mkdir(exist_ok=True)
            part = folder / f".{run.key}.part"
            part.write_text("{" + ",\n".join(lines) + "}\n", encoding="utf-8")
            part.replace(folder / f"{run.key}.json")


def summary_of(run: RunFolder, key: str) -> dict[str, Any] | None:
    """The small summary of a run; None if it has no epoch yet.

    Args:
        run: The run directory.
        key: The hash of its options.
    """
    ended = kept_outcome(run.path)
    if ended is None and not (run.path / "metrics.csv").is_file():
        return None
    rows = run.history() if (run.path / "metrics.csv").is_file() else []
    whole = ended.summary if ended else {}
    names = [name for name in (rows[0] if rows else {}) if name not in NOT_CURVES]
    shown = [n for n in names if n.startswith("val_")] or names
    kept = rows[:: math.ceil(rows_planned(run.program) / MOST_POINTS)]
    kept += [row for row in rows[-1:] if row not in kept]
    loss = "val_loss" if rows and "val_loss" in rows[0] else "loss"
    finite = [row for row in rows if math.isfinite(row.get(loss, math.nan))]
    best = min(finite, key=lambda row: row[loss], default={})
    found = {
        "key": key,
        "experiment": run.experiment,
        "start": run.program.start,
        "seed": run.options["seed"],
        "setting": run.setting,
        "state": ended.state if ended else UNFINISHED,
        "rows": len(rows),
        "per_row": per_row(run.program),
        "parameters": whole.get("parameters"),
        "seconds": sum(row.get("seconds", 0.0) for row in rows),
        "best": best,
        "last": rows[-1] if rows else {},
        "test": whole.get("test", {}),
        "tests": whole.get("tests", {}),
        "pretraining": whole.get("pretraining"),
        "versions": run.config.get("versions", {}),
        "commit": run.config.get("commit"),
        "at": [int(row["epoch"]) for row in kept],
        "curves": {name: [row.get(name) for row in kept] for name in shown},
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


def read_summaries(folder: Path = SUMMARIES) -> dict[str, dict[str, Any]]:
    """The summaries in a folder by the keys of their runs.

    Raises:
        OptionError: If one of them is broken.
    """
    found = {}
    for file in sorted(folder.glob("*.json")):
        try:
            summary = json.loads(file.read_text(encoding="utf-8"))
            missing = [name for name in NEEDED if name not in summary]
        except (OSError, ValueError, TypeError) as error:
            raise OptionError(f"cannot read {file}: {error}") from error
        if missing or summary["key"] != file.stem:
            what = f"has no {missing[0]}" if missing else "is of another run"
            raise OptionError(
                f"{file} {what}; remove it, and `reproduce` writes it again"
            )
        found[file.stem] = summary
    return found


def scores(summaries: Sequence[Mapping[str, Any]], name: str) -> Iterator[float]:
    """The score of each run that has one: of its test, or its best validation, or else
    of its last row.
    """
    for each in summaries:
        value = each["test"].get(name)
        value = each["best"].get(f"val_{name}") if value is None else value
        value = each["last"].get(name) if value is None else value
        if value is not None:
            yield value
