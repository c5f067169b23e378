"""Packaging: requirements.txt is the one list of runtime dependencies, read here."""

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent


def requirements() -> list[str]:
    lines = (HERE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [name for line in lines if (name := line.split("#")[0].strip())]


def version() -> str:
    namespace: dict[str, str] = {}
    exec((HERE / "keras_nonnormal" / "version.py").read_text(), namespace)
    return namespace["__version__"]


setup(
    name="keras_nonnormal",
    version=version(),
    description="Recurrent networks that remember, for Keras 3 on TensorFlow",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.11,<3.14",
    packages=find_packages(include=["keras_nonnormal", "keras_nonnormal.*"]),
    package_data={"keras_nonnormal": ["py.typed"]},
    install_requires=requirements(),
    extras_require={
        "test": [
            "pytest>=8",
            "pytest-xdist>=3.6",
            "tensorboard>=2.20",
            "hypothesis>=6",
            "scipy>=1.13",
            "nbclient>=0.10",
            "nbformat>=5",
            "ipykernel>=6",
            "ruff>=0.17,<0.18",
            "pyright>=1.1.400",
            "psutil>=6",
            "pyyaml>=6",
            "ray>=2.60,<3",
            "onnxruntime>=1.20",
            "tf2onnx>=1.16",
        ],
        "docs": [
            "sphinx>=8.1,<10",
            "furo>=2024.8",
            "myst-nb>=1.2,<2",
            "latex2mathml>=3.77,<4",
            "ziamath>=0.11",  # for its font
        ],
        "analysis": ["scipy>=1.13"],
        "tensorboard": ["tensorboard>=2.20"],
        "benchmark": ["torch>=2.5", "jax>=0.6"],
        "sweep": ["ray>=2.60,<3", "pyyaml>=6"],
    },
)
