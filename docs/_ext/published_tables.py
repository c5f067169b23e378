"""The directive `{published} TABLE SCRIPT`: presets and published results as tables.

The rows are those of `experiments/published/TABLE.csv`. A setting that rows share is a
table: what is equal in all its rows stands above it.
"""

import fnmatch
import importlib
import importlib.util
from collections.abc import Sequence
from types import ModuleType

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

DASH = "–"


def reader() -> ModuleType:
    """The module that reads the tables."""
    names = ("experiments.core.parts", "experiments.core.published")
    name = next(name for name in names if importlib.util.find_spec(name))
    return importlib.import_module(name)


class Published(SphinxDirective):
    """The rows of a script whose names fit one of the patterns in `:presets:`."""

    required_arguments = 2
    option_spec = {"presets": str, "caption": str}

    def run(self) -> list[nodes.Node]:
        table, script = self.arguments
        published = reader()
        file = str(published.TABLES / f"{table}.csv")
        self.env.note_dependency(file)
        patterns = self.options.get("presets", "*").split()
        groups: dict[str, list] = {}
        captions = {}
        for row in published.table(table):
            if row.script != script or row.preset in ("demo", "script"):
                continue
            if row.preset.startswith("@"):
                captions[row.preset] = row.result
            elif any(fnmatch.fnmatch(row.preset, each) for each in patterns):
                groups.setdefault(row.setting, []).append(row)
        if not groups:
            raise self.error(f"{file}: no row of {script} fits {patterns}")
        lines: list[str] = []
        for setting, rows in groups.items():
            caption = self.options.get("caption") or captions.get(setting, "")
            lines += [*markdown(rows, caption), ""]
        box = nodes.container(classes=["wide-tables"])
        self.state.nested_parse(StringList(lines, source=file), 0, box)
        return box.children


def markdown(rows: Sequence, caption: str) -> list[str]:
    """A table of rows; settings that all of them share stand above it."""
    keys = list(dict.fromkeys(key for row in rows for key in row.settings))
    values = {key: [str(row.settings.get(key, DASH)) for row in rows] for key in keys}
    shared = {key: found[0] for key, found in values.items() if len({*found}) == 1}
    if len(rows) == 1:
        shared = {key: found[0] for key, found in values.items()}
    varied = [key for key in keys if key not in shared]
    named = any(row.preset for row in rows)
    results = any(row.result for row in rows)
    head = ["preset" if named else "", *(f"`{key}`" for key in varied)]
    head += ["published"] if results else []
    lines = [f"**{caption}**", ""] if caption else []
    if shared:
        settings = " ".join(f"{key}={value}" for key, value in shared.items())
        lines += [f"In all rows: `{settings}`.", ""]
    lines += [_line(head), _line(["---"] * len(head))]
    for index, row in enumerate(rows):
        name = f"`{row.preset}`" if row.preset else row.shown
        cells = [name, *(values[key][index] for key in varied)]
        lines.append(_line([*cells, row.result or DASH] if results else cells))
    return lines


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def setup(app):
    """Registers the directive."""
    app.add_directive("published", Published)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
