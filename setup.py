"""What pyproject.toml cannot say: requirements in groups, the README without its files.

requirements.txt is the one list of runtime dependencies, read here.
"""

import re
from pathlib import Path

from setuptools import setup

HERE = Path(__file__).parent

EXTRAS = {
    "jax": ["jax>=0.6"],
    "torch": ["torch>=2.5"],
    "analysis": ["scipy>=1.13"],
    "tensorboard": ["tensorboard>=2.20"],
    "sweep": ["ray>=2.60,<3", "pyyaml>=6"],
    "docs": [
        "sphinx>=8.1,<10",
        "furo>=2024.8",
        "myst-nb>=1.2,<2",
        "latex2mathml>=3.77,<4",
        "ziamath>=0.11",  # for its font
    ],
    "test": [
        "pytest>=8",
        "pytest-xdist>=3.6",
        "hypothesis>=6",
        "nbclient>=0.10",
        "nbformat>=5",
        "ipykernel>=6",
        "ruff>=0.17,<0.18",
        "pyright>=1.1.400",
        "psutil>=6",
        "onnxruntime>=1.20",
        "tf2onnx>=1.16",
        "setuptools>=77",
        "twine>=6.1",
    ],
}


def requirements() -> dict[str, list[str]]:
    """The groups of requirements.txt, by the comment line that is above each."""
    groups: dict[str, list[str]] = {}
    for block in (HERE / "requirements.txt").read_text(encoding="utf-8").split("\n\n"):
        title, *lines = block.strip().splitlines()
        names = [line.split("#")[0].strip() for line in lines]
        if all(names) and names:
            groups[title.removeprefix("# ")] = names
    return groups


def description() -> str:
    """The README; links to files, which a registry lacks, become plain text."""
    text = (HERE / "README.md").read_text(encoding="utf-8")
    local = r"\((?!https?://|#)[^)]*\)"
    text = re.sub(rf"!\[[^\]]*\]{local}\n*", "", text)
    return re.sub(rf"\[([^\]]*)\]{local}", r"\1", text)


def extras(groups: dict[str, list[str]]) -> dict[str, list[str]]:
    everything = [name for group in groups.values() for name in group]
    extras = {name: lines for name, lines in groups.items() if name != "core"} | EXTRAS
    # Data sets are pipelines of TensorFlow.
    extras["datasets"] = extras["tensorflow"] + extras["datasets"]
    extras["experiments"] = everything
    extras["benchmark"] = extras["jax"] + extras["torch"]
    run = ("tensorboard", "analysis", "sweep")
    extras["test"] = sum((extras[name] for name in run), everything + extras["test"])
    return extras


if __name__ == "__main__":
    groups = requirements()
    setup(
        long_description=description(),
        long_description_content_type="text/markdown",
        install_requires=groups["core"],
        extras_require=extras(groups),
    )
