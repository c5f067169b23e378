"""The archives of reference arrays, in the folder named by KERAS_NONNORMAL_GOLDEN.

Any set of archives of the same formats can be put in the place of another: sizes, keys,
seeds and hyper-parameters are read from the archives, nothing of it is in the tests.
`variants` and `cases` give `pytest.mark.parametrize` what there is to compare.
"""

import os
import re
from pathlib import Path

import numpy as np
import pytest


def folder():
    """The folder of archives, or None."""
    name = os.environ.get("KERAS_NONNORMAL_GOLDEN")
    return Path(name) if name else None


def names():
    """The archives that there are, as `family/name`."""
    root = folder()
    return sorted(f"{f.parent.name}/{f.stem}" for f in root.glob("*/*.npz"))


def missing(name):
    """Why an archive cannot be opened, or None."""
    if folder() is None:
        return "KERAS_NONNORMAL_GOLDEN is not set"
    if not (folder() / f"{name}.npz").exists():
        return f"there is no archive {name} in {folder()}"
    return None


def load(name):
    """The arrays of an archive; the test is skipped where there is no such archive."""
    if reason := missing(name):
        pytest.skip(reason)
    return np.load(folder() / f"{name}.npz", allow_pickle=False)


def variants(pattern, without=()):
    """The text for the stars of a pattern, in the name of every archive that matches.

    `variants("nnrnn/rnn_*")` is ["modrelu", "tanh", ...]; of several stars it is a list
    of tuples. Archives named in `without` have another format.
    """
    stars = pattern.count("*")
    if folder() is None:
        return [_skipped(stars, "KERAS_NONNORMAL_GOLDEN is not set")]
    matching = re.compile(re.escape(pattern).replace(r"\*", "(.+)"))
    found = [matching.fullmatch(name) for name in names() if name not in without]
    found = [match.groups() for match in found if match]
    if not found:
        return [_skipped(stars, f"there is no archive {pattern} in {folder()}")]
    return found if stars > 1 else [text for (text,) in found]


def cases(name, pattern):
    """The groups of a regular expression in every key of an archive that matches.

    One group gives a list of texts, several a list of tuples; each value once.
    """
    groups = re.compile(pattern).groups
    if reason := missing(name):
        return [_skipped(groups, reason)]
    found = keys(load(name), pattern)
    if not found:
        return [_skipped(groups, f"archive {name} has no key {pattern}")]
    return found


def keys(arrays, pattern):
    """The same of an open archive, in the order of its keys."""
    matches = (re.fullmatch(pattern, key) for key in arrays)
    found = dict.fromkeys(match.groups() for match in matches if match)
    return [each[0] if len(each) == 1 else each for each in found]


def number(text):
    """A number as the keys have it: 0p04 is 0.04, m0p5 is -0.5."""
    return float(text.replace("p", ".").replace("m", "-"))


def _skipped(count, reason):
    return pytest.param(*[None] * count, marks=pytest.mark.skip(reason), id="absent")
