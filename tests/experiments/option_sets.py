"""Sets of options, sensible or not, as somebody might give them to the scripts."""

import dataclasses
import os
import typing

from hypothesis import strategies as st

from experiments import (
    addition,
    copy_task,
    deep_rnn,
    ffn,
    language_model,
    psmnist,
    ptb_char,
)
from experiments.options import flag

SCRIPTS = {
    "copy": [copy_task.EXPERIMENT, copy_task.NETWORKS],
    "addition": [addition.EXPERIMENT, addition.NETWORKS],
    "psmnist": [psmnist.EXPERIMENT, psmnist.NETWORKS],
    "ptb_char": [ptb_char.NETWORKS],
    "deep_rnn": [deep_rnn.EXPERIMENT],
    "ffn": [ffn.EXPERIMENT],
    "language_model": [language_model.EXPERIMENT],
}
# Of each script. The environment may ask for more than there is time for every day.
COUNT = int(os.environ.get("KERAS_NONNORMAL_OPTION_SETS", "40"))
WORDS = [
    "",
    "-1",
    "0",
    "1",
    "2.5",
    "1e400",
    "nan",
    "none",
    "true",
    "x",
    "ü",
    "--",
    "1,2",
]
# Of these the machine decides what is accepted, or they ask for another program.
LEFT_OUT = {"out", "device", "tensorboard", "help"}


def usual(field, hints):
    """Values of an option that are allowed one by one, as words."""
    bounds, kind = field.metadata, hints[field.name]
    if bounds["choices"]:
        return st.sampled_from([*bounds["choices"], *bounds["spellings"]])
    kinds = typing.get_args(kind) or (kind,)
    if int in kinds:
        low = 1 if bounds["low"] is None else int(bounds["low"])
        return st.integers(low, min(bounds["high"] or low + 300, low + 300)).map(str)
    if float in kinds and typing.get_origin(kind) is not tuple:
        low = bounds["low"] if bounds["low"] is not None else bounds["above"]
        high = bounds["high"] if bounds["high"] is not None else (low or 0.0) + 2.0
        numbers = st.floats(low or 0.0, high, exclude_min=bounds["low"] is None)
        return numbers.map(lambda number: f"{number:.4g}")
    return st.sampled_from(["0.5,0.9", "x", "none"])


def option_sets(experiments, odd=True):
    """Arguments of a script, some of them odd."""
    flags = []
    for experiment in experiments:
        hints = typing.get_type_hints(experiment.options)
        for field in dataclasses.fields(experiment.options):
            if field.name in LEFT_OUT:
                continue
            name = flag(field.name)
            values = usual(field, hints)
            if field.name == "preset":
                values = st.sampled_from([*experiment.presets, "nonsense"])
            if bool in (typing.get_args(hints[field.name]) or (hints[field.name],)):
                flags.append(st.sampled_from([[name], [f"--no-{name[2:]}"]]))
            else:
                flags.append(values.map(lambda word, name=name: [f"{name}={word}"]))
                flags.append(values.map(lambda word, name=name: [name, word]))
            if odd:
                words = st.sampled_from(WORDS)
                flags.append(words.map(lambda word, name=name: [f"{name}={word}"]))
    lists = st.lists(st.one_of(flags), max_size=5)
    return lists.map(lambda found: [word for each in found for word in each])
