"""Sets of options, sensible or not, as somebody might give them to the scripts."""

import os

from hypothesis import strategies as st

from experiments import recipes
from experiments.core.options import flag
from experiments.core.parts import presets_of, recipes_of, scripts
from experiments.core.program import known_options

assert recipes.script  # which fills the registries
SCRIPTS = scripts()
# Of each script. The environment may ask for more than there is time for every day.
COUNT = int(os.environ.get("KERAS_NONNORMAL_OPTION_SETS", "40"))
WORDS = [
    *("", "-1", "0", "1", "2.5", "1e400", "nan", "none", "true", "x", "ü", "--", "1,2")
]
# Of these the machine decides what is accepted, or they ask for another program.
LEFT_OUT = {"out", "device", "tensorboard", "help", "recipe"}


def usual(option):
    """Values of an option that are allowed one by one, as words."""
    bounds = option.metadata
    if option.choices:
        return st.sampled_from([*option.choices, *option.spellings])
    if option.kind is int:
        low = 1 if bounds["low"] is None else int(bounds["low"])
        return st.integers(low, min(bounds["high"] or low + 300, low + 300)).map(str)
    if option.kind is float:
        low = bounds["low"] if bounds["low"] is not None else bounds["above"]
        high = bounds["high"] if bounds["high"] is not None else (low or 0.0) + 2.0
        numbers = st.floats(low or 0.0, high, exclude_min=bounds["low"] is None)
        return numbers.map(lambda number: f"{number:.4g}")
    return st.sampled_from(["0.5,0.9", "x", "none"])


def option_sets(script, odd=True):
    """Arguments of a script, some of them odd."""
    flags = []
    for recipe in recipes_of(script):
        for option in known_options(script, recipe).values():
            if option.name in LEFT_OUT:
                continue
            name = flag(option.name)
            values = usual(option)
            if option.name == "preset":
                values = st.sampled_from([*presets_of(script, recipe), "nonsense"])
            if option.kind is bool:
                flags.append(st.sampled_from([[name], [f"--no-{name[2:]}"]]))
            else:
                flags.append(values.map(lambda word, name=name: [f"{name}={word}"]))
                flags.append(values.map(lambda word, name=name: [name, word]))
            if odd:
                words = st.sampled_from(WORDS)
                flags.append(words.map(lambda word, name=name: [f"{name}={word}"]))
    lists = st.lists(st.one_of(flags), max_size=5)
    return lists.map(lambda found: [word for each in found for word in each])
