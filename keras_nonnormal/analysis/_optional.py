import importlib
from types import ModuleType


def scipy_module(name: str) -> ModuleType:
    """`scipy.<name>`, which only some of the analyses need."""
    try:
        return importlib.import_module(f"scipy.{name}")
    except ImportError as error:
        raise ImportError(
            f"This analysis needs scipy.{name}, which is not installed. "
            "Run: pip install keras_nonnormal[analysis]"
        ) from error
