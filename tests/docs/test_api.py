"""The pages of the API have every public name, and say something of it."""

import importlib
import importlib.util
import inspect
import sys
from pathlib import Path

import pytest

import keras_nonnormal

DOCS = Path(__file__).parents[2] / "docs"
sys.path.append(str(DOCS / "_ext"))


def program(file):
    """A program of `docs/` as a module."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


NAMES = sorted(program(DOCS / "check.py").public_names())


def test_every_subpackage_has_a_page_and_every_page_is_found():
    index = (DOCS / "api" / "index.md").read_text("utf-8").splitlines()
    packages = {name.rsplit(".", 1)[0] for name in NAMES}
    assert len(NAMES) > 250
    for package in packages:
        name = package.rpartition(".")[2]
        page = (DOCS / "api" / f"{name}.md").read_text("utf-8")
        assert f"```{{public}} {package}\n" in page
        assert name in index
    pages = {file.stem for file in (DOCS / "api").glob("*.md")}
    assert pages == {name.rpartition(".")[2] for name in packages} | {"index"}


def test_every_public_name_has_a_docstring():
    for name in NAMES:
        package, _, last = name.rpartition(".")
        value = getattr(importlib.import_module(package), last)
        if callable(value):
            assert inspect.getdoc(value), name


def test_a_name_at_the_top_has_its_entry_in_a_subpackage():
    public_api = pytest.importorskip("public_api", reason="needs Sphinx")
    for name in keras_nonnormal.__all__:
        home = public_api.home(
            name, getattr(keras_nonnormal, name), keras_nonnormal.__name__
        )
        assert name == "__version__" or f"{home}.{name}" in NAMES


def test_a_docstring_becomes_markdown_and_a_signature_is_short():
    public_api = pytest.importorskip("public_api", reason="needs Sphinx")

    def function(size, name="x", *, make=len):
        """A thing: `code`, $x$.

        Args:
            size: How large,
                in units.
            name: What it is called.

        Returns:
            An array.

        Example:

        >>> function(1)
        2
        """

    assert public_api.signature(function) == "(size, name='x', *, make=len)"
    text = public_api.markdown(function.__doc__)
    assert "**Arguments**\n\n- **`size`** How large,\n  in units.\n- **`name`**" in text
    assert "**Returns**\n\nAn array." in text
    assert "```pycon\n>>> function(1)\n2\n```" in text


def test_a_table_of_presets_says_once_what_rows_share():
    tables = pytest.importorskip("published_tables", reason="needs Sphinx")
    Row = tables.reader().Row
    rows = [
        Row("copy", "a", {"T": "20", "units": "64"}, "0.1"),
        Row("copy", "b", {"T": "20", "units": "128"}),
    ]
    assert tables.markdown(rows, "What") == [
        *("**What**", "", "In all rows: `T=20`.", ""),
        "| preset | `units` | published |",
        "| --- | --- | --- |",
        "| `a` | 64 | 0.1 |",
        "| `b` | 128 | – |",
    ]


def test_the_page_on_layers_has_all_that_are_recurrent():
    page = (DOCS / "howto" / "layers.md").read_text("utf-8")
    for name in keras_nonnormal.layers.__all__:
        if hasattr(getattr(keras_nonnormal.layers, name), "loop_in_use"):
            assert f"`{name}`" in page
