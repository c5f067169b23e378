"""The copy task: symbols are shown, and to be repeated in order after a delay.

A network that remembers nothing has the trivial loss 10 ln(8) / T of the starts of
Orhan and Pitkow (2020), https://arxiv.org/abs/1905.13715, where T is the length of a
sequence, and 10 ln(8) / (T + 20) of the networks of Kerg et al. (2019),
https://arxiv.org/abs/1905.12080, where it is the delay.

  python experiments/copy.py                  chain against orthogonal, under a minute
  python experiments/copy.py --preset paper   the published setting, an hour or two
  python experiments/copy.py --preset demo --T 100 --init fbchain --epochs 20
  python experiments/copy.py --preset demo --net-type nnRNN           seconds
  python experiments/copy.py --preset doc/nnRNN-128                   as published
  python experiments/copy.py --net-type expRNN --onehot --T 100 --lr 1e-3
  python experiments/copy.py --preset demo --stair expn               a factor per step
"""

if __name__ == "copy":
    # This folder is where Python looks first if the script is started as a file; but
    # somebody wants the standard module: load it from beside `os` in this one's place.
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

    from experiments.recipes import script

    main = script("copy", __doc__)

    if __name__ == "__main__":
        raise SystemExit(main())
