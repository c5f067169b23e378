"""The floors of experiments/: no import runs upwards, and the picture says so."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# From the lowest to the highest; a folder may import those of lower floors.
FLOORS = [
    {"core"},
    {"tasks", "networks"},
    {"published"},
    {"recipes"},
    {"figures", "sweeps"},
    {"report", "sweep", "__main__", "copy", "addition", "psmnist", "ptb_char"}
    | {"language_model", "deep_rnn", "ffn"},
]


@pytest.fixture(scope="module")
def architecture():
    """The program that draws the picture."""
    file = ROOT / "docs" / "architecture.py"
    spec = importlib.util.spec_from_file_location("architecture", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_import_runs_upwards(architecture):
    level = {name: floor for floor, names in enumerate(FLOORS) for name in names}
    graph = architecture.units()
    assert graph.keys() <= level.keys()
    upwards = [
        (name, other)
        for name, others in graph.items()
        for other in others
        if level[other] >= level[name]
    ]
    assert upwards == []


def test_there_are_at_most_six_floors(architecture):
    assert len(architecture.floors(architecture.units())) <= 6


@pytest.mark.parametrize("package", ["experiments", "keras_nonnormal"])
def test_no_module_imports_itself_in_a_circle(architecture, package):
    assert architecture.floors(architecture.modules(package, top=True))


def test_a_circle_and_an_import_upwards_are_noticed(architecture):
    with pytest.raises(ValueError, match="Expected no circle"):
        architecture.floors({"a": {"b"}, "b": {"a"}, "c": set()})
    assert architecture.floors({"a": {"b"}, "b": set()}) == [["b"], ["a"]]


def test_the_picture_is_that_of_the_imports(architecture):
    drawn = (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8")
    assert drawn == architecture.picture()
