"""The code of README and of the site's pages runs, each page in one go."""

import functools
import re
from pathlib import Path

import numpy as np
import pytest

import keras_nonnormal

ROOT = Path(__file__).parents[2]
BUILT = ("_build", "notebooks")  # what `make docs` puts there
PAGES = [ROOT / "README.md"] + [
    file
    for file in sorted((ROOT / "docs").rglob("*.md"))
    if file.relative_to(ROOT / "docs").parts[0] not in BUILT
]
CODE = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
WITH_CODE = [file for file in PAGES if CODE.search(file.read_text("utf-8"))]


@pytest.mark.parametrize(
    "file", WITH_CODE, ids=lambda file: file.relative_to(ROOT).as_posix()
)
def test_the_code_of_a_page_runs(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some save a model
    few = functools.partial(keras_nonnormal.stabilize, steps=2, frames=1, verbose=0)
    monkeypatch.setattr(keras_nonnormal, "stabilize", few)
    models: list = []
    names = {"x_train": np.ones((8, 5, 3), "float32")}
    for number, code in enumerate(CODE.findall(file.read_text("utf-8")), 1):
        exec(compile(code, f"{file.name}, block {number}", "exec"), names)
        models += [names["model"]] if "model" in names else []
    for model in models:
        if not model.built:  # the page has only shown how to make it
            assert np.isfinite(model(np.ones((2, 5, 3), "float32"))).all()


def test_there_are_many():
    assert len(WITH_CODE) > 10


def test_readme_is_short_and_its_links_lead_to_files():
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(text.splitlines()) <= 150
    for target in re.findall(r"\]\(([^)#]+)", text):
        assert target.startswith("https:") or (ROOT / target).is_file(), target
