"""Which archives of reference arrays are compared, and that none goes unnoticed."""

import ast
import fnmatch
import functools
from pathlib import Path

import numpy as np
import pytest

from tests import golden

TESTS = Path(__file__).parent
# Archives that no test can use, with the reason. None today.
UNUSED = {}


def named(call):
    """The archives that a call names, as a pattern: `golden(f"lsc/alif_{kind}")`."""
    if not call.args:
        return None
    first = call.args[0]
    if isinstance(first, ast.JoinedStr):
        parts = [p.value if isinstance(p, ast.Constant) else "*" for p in first.values]
        return "".join(parts)
    return first.value if isinstance(first, ast.Constant) else None


@functools.cache
def calls():
    """Calls of functions by their names, by test file."""
    return {
        file: [
            node
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        ]
        for file in sorted(TESTS.rglob("test_*.py"))
        if file != Path(__file__)
    }


def patterns(function):
    """Patterns of archives that calls of a function name, by test file."""
    found = {}
    for file, nodes in calls().items():
        for node in nodes:
            pattern = named(node) if node.func.id == function else None
            if isinstance(pattern, str) and "/" in pattern:
                found.setdefault(file, set()).add(pattern)
    return found


def test_every_archive_is_compared_by_a_test_or_listed_with_its_reason():
    if golden.folder() is None:
        pytest.skip("KERAS_NONNORMAL_GOLDEN is not set")
    used = set().union(*patterns("golden").values())
    unused = [
        name
        for name in golden.names()
        if not any(fnmatch.fnmatch(name, pattern) for pattern in used)
    ]
    assert unused == sorted(UNUSED), "archives that no test uses"


def test_archives_with_a_variable_name_are_all_found():
    """A test that opens `nnrnn/rnn_{name}` has its names from `variants`."""
    listed = patterns("variants")
    constant = [
        (file.name, pattern)
        for file, opened in patterns("golden").items()
        for pattern in opened
        if "*" in pattern
        and pattern not in listed.get(file, ())
        # The programs of experiments/ can train some networks of a family only.
        and TESTS / "experiments" not in file.parents
    ]
    assert constant == []


@pytest.fixture
def other(tmp_path, monkeypatch):
    """A folder with archives of other sizes than those at hand."""
    monkeypatch.setenv("KERAS_NONNORMAL_GOLDEN", str(tmp_path))
    for name in ("one/net_tanh_real", "one/net_tanh_complex", "one/plain"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        np.savez(tmp_path / f"{name}.npz", chain__n3_dm0p5=[1], chain__n7_d0=[2])
    return tmp_path


def test_variants_are_the_text_for_the_stars(other):
    assert golden.variants("one/net_*_*") == [("tanh", "complex"), ("tanh", "real")]
    assert golden.variants("one/*", without=("one/plain",)) == [
        "net_tanh_complex",
        "net_tanh_real",
    ]
    (absent,) = golden.variants("two/*_*")
    assert absent.values == (None, None)
    assert "no archive two/*_*" in absent.marks[0].args[0]


def test_cases_are_the_groups_of_keys(other):
    assert golden.cases("one/plain", r"chain__n(\d+)_d(\w+)") == [
        ("3", "m0p5"),
        ("7", "0"),
    ]
    assert golden.number("m0p5") == -0.5
    for name, reason in (("one/plain", "no key"), ("two/plain", "no archive")):
        (absent,) = golden.cases(name, r"other_(\d+)")
        assert reason in absent.marks[0].args[0]


def test_a_missing_archive_is_skipped_in_so_many_words(other):
    with pytest.raises(pytest.skip.Exception, match="no archive one/none in"):
        golden.load("one/none")


def test_without_a_folder_everything_is_skipped_in_so_many_words(monkeypatch):
    monkeypatch.delenv("KERAS_NONNORMAL_GOLDEN", raising=False)
    with pytest.raises(pytest.skip.Exception, match="GOLDEN is not set"):
        golden.load("one/plain")
    for absent in (golden.variants("one/*"), golden.cases("one/plain", "(.)")):
        assert "GOLDEN is not set" in absent[0].marks[0].args[0]
