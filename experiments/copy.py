"""Starts the copy task, `copy_task.py`; stands in for the standard `copy` if asked.

A script's folder is where Python looks first, so from this folder every `import copy`
of TensorFlow and of the standard library finds this file.
"""

if __name__ == "copy":
    # Somebody wants the standard module: load it from beside `os` in this one's place.
    import importlib.util
    import os
    import sys

    path = os.path.join(os.path.dirname(os.__file__), "copy.py")
    spec = importlib.util.spec_from_file_location("copy", path)
    assert spec is not None
    assert spec.loader is not None
    sys.modules["copy"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules["copy"])
else:
    if not __package__:  # started as a file: the repository takes this folder's place
        import os
        import sys

        folder = os.path.dirname(os.path.realpath(__file__))
        sys.path[:] = [path for path in sys.path if os.path.realpath(path) != folder]
        sys.path.insert(0, os.path.dirname(folder))

    from experiments.copy_task import main

    if __name__ == "__main__":
        raise SystemExit(main())
