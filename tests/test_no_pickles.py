"""Nothing is ever read that could run code: no pickles, in whatever disguise.

What the processes of a sweep send each other is their own: options there, summaries
back, through a pipe or Ray.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("keras_nonnormal", "experiments", "benchmarks")
MODULES = {
    *("pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib"),
    *("marshal", "shelve", "jsonpickle"),
}
CALLS = {"read_pickle", "enable_unsafe_deserialization", "unsafe_load", "full_load"}


def faults(source):
    """What a module has that could read a pickle."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = {alias.name.partition(".")[0] for alias in node.names}
            yield from names & MODULES
        elif isinstance(node, ast.ImportFrom):
            yield from {(node.module or "").partition(".")[0]} & MODULES
        elif isinstance(node, ast.Call):
            yield from faults_of_call(node)


def faults_of_call(call):
    name = ast.unparse(call.func)
    keywords = {each.arg: ast.unparse(each.value) for each in call.keywords}
    last = name.rpartition(".")[2]
    if name in ("np.load", "numpy.load") and keywords.get("allow_pickle") != "False":
        yield f"{name} without allow_pickle=False"
    if keywords.get("allow_pickle", "False") != "False":
        yield f"{name} with allow_pickle"
    if keywords.get("safe_mode", "True") != "True":
        yield f"{name} with safe_mode"
    if name in ("torch.load", "yaml.load") or last in CALLS:
        yield name
    if last in ("import_module", "__import__") and call.args:
        first = call.args[0]
        if isinstance(first, ast.Constant) and first.value in MODULES:
            yield first.value


def test_no_module_reads_pickles():
    files = [each for folder in FOLDERS for each in (ROOT / folder).rglob("*.py")]
    assert len(files) > 300
    found = {
        str(file.relative_to(ROOT)): what
        for file in files
        if (what := list(faults(file.read_text(encoding="utf-8"))))
    }
    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "np.load(file)",
        "np.load(file, allow_pickle=True)",
        "keras.models.load_model(file, safe_mode=False)",
        "torch.load(file)",
        "importlib.import_module('dill')",
        "keras.config.enable_unsafe_deserialization()",
    ],
)
def test_what_is_looked_for_is_found(source):
    assert list(faults(source))


def test_archives_are_opened_and_models_loaded_somewhere():
    """What is said of them is said of something."""
    text = "".join(
        file.read_text(encoding="utf-8")
        for folder in FOLDERS
        for file in (ROOT / folder).rglob("*.py")
    )
    assert "np.load(" in text
    assert "load_model(" in text
