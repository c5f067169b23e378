"""What is trained: networks, which register themselves.

To add one, add a file with a class of `Recurrent` (or `Nonlinear`) here: its options,
its checks, its demonstration, its number of parameters and the arguments of its layer.
"""

import importlib
import pkgutil

for _module in pkgutil.iter_modules(__path__):
    if _module.name.endswith("stack"):  # builds models, and imports Keras
        continue
    importlib.import_module(f"{__name__}.{_module.name}")
