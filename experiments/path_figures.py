"""Figures of the paths that gradients take over time and depth."""

from typing import Any

from experiments.figure_folder import FigureFolder
from experiments.launch import load_tensorflow

# The published settings of figure 1 of https://arxiv.org/abs/2308.12075.
TIME, DEPTH, DESCENTS = 6, 4, 3
POINTS = 1000
LAYERS, STEPS, SAMPLES, UNITS = 10, 100, 6, 10


def grid(options, out: FigureFolder) -> None:
    """Figure 1a: ways of a gradient over the grid of time and depth."""
    out.reserve("lsc-1a")
    load_tensorflow()
    import numpy

    from keras_nonnormal.plotting import gradient_grid

    rng = numpy.random.default_rng(options.seed)
    descents: list[Any] = []
    while len(descents) < DESCENTS:
        path = _descent(rng)
        if not any((path == other).all() for other in descents):
            descents.append(path)
    out.figure("lsc-1a", gradient_grid(descents, time=TIME, depth=DEPTH))
    numbers = (
        (number, move, *point)
        for number, path in enumerate(descents)
        for move, point in enumerate(path.tolist())
    )
    out.table("lsc-1a", ("path", "move", "t", "l"), numbers)


def counts(options, out: FigureFolder) -> None:
    """Figure 1b: how many such ways there are in grids of growing size."""
    out.reserve("lsc-1b")
    load_tensorflow()
    import numpy

    from keras_nonnormal.analysis import continuous_lattice_paths
    from keras_nonnormal.plotting import path_counts

    long = numpy.linspace(1, 1e4, POINTS)
    deep = numpy.linspace(1, 100, POINTS)
    grids = {
        "i) Δl = 5": ("T", long, long, 5.0, (1e8, 1e16)),
        "ii) T = 5": ("Δl", deep, 5.0, deep, (1e4, 1e7)),
        "iii) Δl = T/100": ("T", long, long, long / 100, (1e110, 1e220)),
    }
    curves = {
        name: (varied, values, continuous_lattice_paths(time, depth))
        for name, (varied, values, time, depth, _) in grids.items()
    }
    ticks = {name: settings[-1] for name, settings in grids.items()}
    out.figure("lsc-1b", path_counts(curves, ticks=ticks))
    numbers = (
        (name.split(")")[0], *row)
        for name, (_, values, paths) in curves.items()
        for row in zip(values.tolist(), paths.tolist(), strict=True)
    )
    out.table("lsc-1b", ("panel", "x", "paths"), numbers)


def pascal(options, out: FigureFolder) -> None:
    """Figure 1c: outputs and gradients of the Pascal network and of ReLUs."""
    out.reserve("lsc-1c")
    load_tensorflow()
    import numpy

    from keras_nonnormal.analysis import (
        he_stack,
        pascal_gradient,
        pascal_stack,
        stack_gradients,
    )
    from keras_nonnormal.plotting import OutputGradients, output_gradients

    rng = numpy.random.default_rng(options.seed)
    inputs = 2 * rng.normal(size=(SAMPLES, STEPS))
    rows: dict[str, dict[float, OutputGradients]] = {"Pascal": {}, "ReLU": {}}
    references: dict[str, dict[float, Any]] = {"Pascal": {}, "ReLU": {}}
    kernels = he_stack(LAYERS, UNITS, rng)
    for rho in options.rho:
        exact = pascal_gradient(STEPS, LAYERS, rho)
        scaled = [(rho * into, rho * back) for into, back in kernels]
        linear = stack_gradients(inputs, pascal_stack(LAYERS, rho))
        rectified = stack_gradients(inputs, scaled, rectified=True)
        # As many paths, each of which carries as much as all do in the mean.
        size = numpy.abs(rectified[1]).mean(axis=0)
        share = size @ exact / (exact @ exact)
        for name, found, reference in (
            ("Pascal", linear, exact),
            ("ReLU", rectified, share * exact),
        ):
            rows[name][rho] = OutputGradients(*found, reference)
            references[name][rho] = reference
    out.figure("lsc-1c", output_gradients(rows))
    numbers = (
        (name, rho, sample, step, *row)
        for name, columns in rows.items()
        for rho, shown in columns.items()
        for sample in range(SAMPLES)
        for step, row in enumerate(
            zip(
                shown.outputs[sample].tolist(),
                shown.gradients[sample].tolist(),
                references[name][rho].tolist(),
                strict=True,
            )
        )
    )
    head = ("network", "rho", "sample", "t", "output", "gradient", "reference")
    out.table("lsc-1c", head, numbers)


def _descent(rng) -> Any:
    """From the last step and layer to the first: down by one at some of the steps."""
    import numpy

    moves = TIME - 1
    down = numpy.zeros(moves, int)
    down[rng.choice(moves, DEPTH - 1, replace=False)] = 1
    layers = DEPTH - 1 - numpy.concatenate([[0], numpy.cumsum(down)])
    return numpy.stack([numpy.arange(moves, -1, -1), layers], axis=1)
