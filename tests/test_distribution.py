"""What is published: sdist -> wheel -> import, without the checkout or the network."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

import keras_nonnormal

ROOT = Path(keras_nonnormal.__file__).parents[1]
# What the sdist is made of; the folders that it only hands on are left out.
SOURCES = ("keras_nonnormal", "README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff")
BUILD = ("pyproject.toml", "setup.py", "requirements.txt", "MANIFEST.in")

# The licence expression and the check of the page want recent tools (extra `test`).
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not any(
            int(found.version.split(".")[0]) >= 77
            for found in metadata.distributions(name="setuptools")
        ),
        reason="needs setuptools 77",
    ),
]


def build(what: str, source: Path, target: Path) -> Path:
    program = (
        f"import setuptools.build_meta as b, sys; print(b.build_{what}(sys.argv[1]))"
    )
    command = [sys.executable, "-c", program, str(target)]
    printed = subprocess.check_output(command, cwd=source, text=True)
    return target / printed.split()[-1]


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    source, target = (tmp_path_factory.mktemp(name) for name in ("source", "dist"))
    for name in (*SOURCES, *BUILD):
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, source / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, source)
    return build("sdist", source, target)


@pytest.fixture(scope="module")
def wheel(sdist, tmp_path_factory):
    """Built from what the sdist holds alone."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return build("wheel", folder / sdist.name.removesuffix(".tar.gz"), sdist.parent)


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


@pytest.fixture(scope="module")
def about(installed):
    (found,) = metadata.distributions(name="keras_nonnormal", path=[str(installed)])
    return found


def test_the_wheel_holds_the_package_alone(installed):
    names = {file.name for file in installed.iterdir()}
    assert names == {
        "keras_nonnormal",
        f"keras_nonnormal-{keras_nonnormal.__version__}.dist-info",
    }
    of_wheel = {
        f.relative_to(installed) for f in installed.glob("keras_nonnormal/**/*")
    }
    files = {f.relative_to(ROOT) for f in ROOT.glob("keras_nonnormal/**/*.py")}
    assert files < of_wheel
    assert Path("keras_nonnormal/py.typed") in of_wheel


def test_an_installation_needs_keras_and_numpy_alone(about):
    needed = [line for line in about.requires if "extra ==" not in line]
    assert sorted(re.match(r"\w+", line).group() for line in needed) == [
        "keras",
        "numpy",
    ]
    extras = {*about.metadata.get_all("Provides-Extra")}
    assert extras >= {"tensorflow", "jax", "torch", "datasets", "plots", "experiments"}


def test_the_extra_experiments_is_the_list_of_the_repository(about):
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    packages = {line.split(">")[0].split()[0] for line in lines if line[:1].isalpha()}
    wanted = (
        line for line in about.requires if "'experiments'" in line.replace('"', "'")
    )
    assert {re.match(r"[\w-]+", line).group() for line in wanted} == packages


def test_the_page_has_no_dead_link_and_passes_the_check(about, sdist, wheel):
    page = about.metadata.get_payload()
    assert "keras_nonnormal" in page
    assert not re.findall(r"\]\((?!https?://|#)[^)]*\)|src=\"(?!http)", page)
    files = [str(sdist), str(wheel)]
    subprocess.check_call([sys.executable, "-m", "twine", "check", "--strict", *files])


def test_readmes_examples_run_without_the_checkout(installed, about, tmp_path):
    (tmp_path / "page.md").write_text(about.metadata.get_payload(), encoding="utf-8")
    program = """
import functools, pathlib, re, sys
import numpy as np, keras_nonnormal
assert keras_nonnormal.__file__.startswith(sys.argv[1]), keras_nonnormal.__file__
few = functools.partial(keras_nonnormal.stabilize, steps=1, frames=1, verbose=0)
keras_nonnormal.stabilize = few
names = {"x_train": np.ones((2, 5, 3), "float32")}
page = pathlib.Path("page.md").read_text("utf-8")
programs = re.findall(r"```python\\n(.*?)```", page, flags=re.DOTALL)
for each in programs:
    exec(each, names)
print(keras_nonnormal.__version__, len(programs))
"""
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-c", program, str(installed)]
    printed = subprocess.check_output(
        command, cwd=tmp_path, env=environment, text=True
    ).splitlines()
    version, count = printed[-1].split()
    assert version == about.version == keras_nonnormal.__version__
    assert int(count) > 0
