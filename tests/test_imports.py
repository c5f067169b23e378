"""No module of the repository imports itself by way of others."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("keras_nonnormal", "experiments", "benchmarks", "tests")


def module_name(file: Path, root: Path) -> str:
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def import_graph(root: Path, folders) -> dict[str, set[str]]:
    """The modules of some folders that each of their modules names in an import.

    Imports inside functions count: they are a circle put off, and one half of it
    cannot be read or moved without the other. Those under `if TYPE_CHECKING` do not:
    they never run. Nor does a package count as imported because a module in it is.
    """
    files = {
        module_name(file, root): file
        for folder in folders
        for file in sorted((root / folder).rglob("*.py"))
    }
    return {
        name: set(_imported(ast.parse(file.read_text("utf-8")), name, file, files))
        - {name}
        for name, file in files.items()
    }


def _imported(tree, name, file, modules):
    package = name.split(".") if file.name == "__init__.py" else name.split(".")[:-1]
    for node in _running(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name in modules)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            for each in node.names:
                target = f"{source}.{each.name}"
                if target in modules or source in modules:
                    yield target if target in modules else source


def _running(node):
    """All nodes but those of a branch for type checkers alone."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _running(child)


def circle(graph) -> list[str]:
    """The modules of a circle of imports, the first again at the end; or none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def test_no_module_imports_itself_by_way_of_others():
    graph = import_graph(ROOT, FOLDERS)
    assert "keras_nonnormal.layers.lru" in graph["keras_nonnormal.layers"]
    assert circle(graph) == []


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("from box import second", "from box.first import x", True),
        ("from . import second", "def late():\n    from .first import x", True),
        ("import box.second", "import box", False),
        (
            "import box.second",
            "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from box import first",
            False,
        ),
    ],
)
def test_a_circle_is_found_where_there_is_one(tmp_path, first, second, expected):
    (tmp_path / "box").mkdir()
    sources = {"__init__": "", "first": first, "second": second}
    for name, text in sources.items():
        (tmp_path / "box" / f"{name}.py").write_text(text)
    found = circle(import_graph(tmp_path, ["box"]))
    assert {*found} == ({"box.first", "box.second"} if expected else set())
