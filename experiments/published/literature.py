"""Results that the paper of a single network has, in settings of its own."""

import csv
import functools
from collections.abc import Mapping

from experiments.core.parts import TABLES
from experiments.core.program import Program, read_values


@functools.cache
def literature() -> tuple[Mapping[str, str], ...]:
    """The rows of `literature.csv`.

    `options` holds the setting as far as the scripts have options for it; `beyond`
    says what else belongs to it, with which no run here is in that setting.
    """
    with open(TABLES / "literature.csv", newline="", encoding="utf-8") as lines:
        return tuple(csv.DictReader(lines))


def published_alone(program: Program) -> str:
    """What the paper of a program's network has in exactly its setting, or nothing."""
    options = program.options
    for row in literature():
        if row["script"] != program.script or row["beyond"]:
            continue
        pairs = dict(pair.split("=", 1) for pair in row["options"].split())
        values = read_values(program.script, program.recipe.name, pairs)
        if all(options.get(name) == value for name, value in values.items()):
            return row["result"]
    return ""
