"""Published rows as data: a line of a CSV file is a preset with its published result.

The columns of a file are `script`, `preset`, `like`, `result`, `shown`, options under
any of their names, and `more`, which holds further options: `T=200 onehot=true`. An
empty cell says nothing; `none` says that there is no value. A row has all that the row
named in `like` has, too. A preset whose name begins with `@` is a setting that rows
share: it cannot be asked for, and its result says in words which setting it is. A row
without a name holds nothing but a result of its setting. A preset may have several rows
that differ in the network: `demo`.
"""

import csv
import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TABLES = Path(__file__).parents[1] / "published"
COLUMNS = ("script", "preset", "like", "result", "shown")


@dataclass(frozen=True)
class Row:
    """A row of a table, or one of a product of settings.

    Args:
        script: Name of the script.
        preset: Name of the preset; empty for a result alone.
        settings: Options, as texts or as values.
        result: What was published; of a setting, what it is; or an empty text.
        setting: Name of the setting that it belongs to, such as `@copy`, or empty.
        shown: What its result is called; by default the name of the preset.
    """

    script: str
    preset: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    result: str = ""
    setting: str = ""
    shown: str = ""


@functools.cache
def table(name: str) -> tuple[Row, ...]:
    """The rows of `published/NAME.csv`; none if there is no such file.

    Args:
        name: Name of a recipe.

    Raises:
        ValueError: If a row is like one that is not above it.
    """
    file = TABLES / f"{name}.csv"
    if not file.is_file():
        return ()
    found: dict[tuple[str, str], Row] = {}
    rows: list[Row] = []
    with open(file, newline="", encoding="utf-8") as lines:
        for number, cells in enumerate(csv.DictReader(lines), 2):
            script, preset, like, result, shown = (cells[each] for each in COLUMNS)
            own = {k: v for k, v in cells.items() if v and k not in COLUMNS}
            own |= dict(pair.split("=", 1) for pair in own.pop("more", "").split())
            base = found.get((script, like))
            if like and base is None:
                raise ValueError(f"{file}:{number}: no row {like!r} above it")
            settings = {**(base.settings if base else {}), **own}
            setting = preset if preset.startswith("@") else ""
            if base and not setting:
                setting = base.setting
            row = Row(script, preset, settings, result, setting, shown)
            if preset:
                found.setdefault((script, preset), row)
            rows.append(row)
    return tuple(rows)


def beside(rows: Iterable[Row], script: str, setting: str) -> dict[str, str]:
    """The results of a setting by what they are called, and what it is as `setting`.

    Args:
        rows: All rows of a recipe.
        script: Name of the script.
        setting: Name of the setting; nothing was published in one that is not there.
    """
    own = [r for r in rows if r.script == script and setting in (r.preset, r.setting)]
    head = next((row for row in own if setting and row.preset == setting), None)
    results = {row.shown or row.preset: row.result for row in own if row.result}
    if head is None:
        return {}
    results.pop(setting, None)
    return {"setting": head.result, **results}
