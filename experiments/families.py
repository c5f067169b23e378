"""Which of the experiments of a script its arguments mean."""

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from experiments.experiment import Experiment
from experiments.options import hyphenated
from experiments.prepare import latest_unfinished


def chosen(
    experiments: Sequence[Experiment], arguments: list[str] | None = None
) -> Experiment:
    """The experiment that arguments ask for.

    That is, in this order: the one whose run is to be resumed; one of whose `marks` is
    among the flags; that has the preset; that is the only one to know every flag. If
    all of this leaves it open it is the first.

    Args:
        experiments: The experiments of a script, of one family each.
        arguments: Command-line arguments; None for those of the program.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    words = [hyphenated(word) for word in arguments if word.startswith("--")]
    flags = {word.split("=")[0][2:].replace("-", "_") for word in words} - {"help"}
    short = {name for each in experiments for name in _flags(each) if name[0] == "-"}
    flags |= short.intersection(arguments)
    parser = argparse.ArgumentParser(
        add_help=False, allow_abbrev=False, exit_on_error=False
    )
    for name in ("--preset", "--out"):
        parser.add_argument(name, nargs="?")
    asked, _ = parser.parse_known_args(arguments)
    if "resume" in flags:
        family = _family_of_run(experiments[0].name, asked.out)
        found = [each for each in experiments if each.family == family]
    else:
        found = [each for each in experiments if flags.intersection(each.marks)]
    if not found and asked.preset:
        found = [each for each in experiments if asked.preset in each.presets]
    if not found:
        found = [each for each in experiments if flags <= _flags(each)]
    return found[0] if found else experiments[0]


def _flags(experiment: Experiment) -> set[str]:
    fields = dataclasses.fields(experiment.options)
    names = {name for f in fields for name in (f.name, *f.metadata["alias"])}
    return names | {f"no_{f.name}" for f in fields}


def _family_of_run(name: str, out: str | None) -> str | None:
    run = Path(out) if out else latest_unfinished(name)
    try:
        content = json.loads((run / "config.json").read_text(encoding="utf-8"))
        return content.get("family", "starts")
    except (AttributeError, TypeError, OSError, ValueError):
        return None  # which `prepare` will say
