"""Figures of what formulas say, without a run."""

from collections.abc import Mapping
from typing import Any

from experiments.figure_folder import FigureFolder
from experiments.launch import load_tensorflow

# The published settings of figure 1 of nnRNN.
UNITS, ALPHAS, BETAS, DIAGONALS = 100, (0.95, 1.0, 1.05), (0.0, 0.005), (0.0, 0.2)
# From where to where, and in how many steps, the table of exp-alpha goes.
SPAN, POINTS = (-3.0, 3.0), 241


def nnrnn_1(options, out: FigureFolder) -> None:
    """Figure 1: transients and Fisher memory of delay lines, and the numbers as CSV."""
    out.reserve("nnrnn-1a", "nnrnn-1b")
    load_tensorflow()
    from keras_nonnormal import plotting
    from keras_nonnormal.analysis import (
        delay_line,
        fisher_memory_curve,
        transient_statistics,
    )

    pairs = [(alpha, beta) for beta in BETAS for alpha in ALPHAS]
    lines = [(*pair, d) for d in DIAGONALS for pair in pairs]
    moments = {pair: transient_statistics(delay_line(UNITS, *pair)) for pair in pairs}
    curves = {line: fisher_memory_curve(delay_line(UNITS, *line)) for line in lines}

    out.figure("nnrnn-1a", plotting.transient_curves(moments))
    columns = ("unit_std", "unit_std_spread", "norm", "norm_spread")
    numbers = (
        (*pair, step, *(getattr(moments[pair], name)[step] for name in columns))
        for pair in pairs
        for step in range(len(moments[pair].norm))
    )
    out.table("nnrnn-1a", ("alpha", "beta", "step", *columns), numbers)

    out.figure("nnrnn-1b", plotting.fisher_curves(curves))
    numbers = ((*line, k, j) for line in lines for k, j in enumerate(curves[line]))
    out.table("nnrnn-1b", ("alpha", "beta", "d", "k", "J"), numbers)
    print("\nalpha   beta    d   J_tot")
    for (alpha, beta, d), curve in curves.items():
        print(f"{alpha:5.2f}  {beta:5g}  {d:3g}  {curve.sum():6.2f}")


def stair(options, out: FigureFolder) -> None:
    """Fixed stairs: factors, running products, gradients, and the numbers as CSV."""
    out.reserve("stair-schedules", "stair-gradients")
    load_tensorflow()
    import numpy

    from keras_nonnormal import stair_heights
    from keras_nonnormal.activations.schedules import SCHEDULES

    steps = numpy.arange(float(options.steps))
    heights = {name: stair_heights(name, steps) for name in (*SCHEDULES, "none")}
    _stair_schedules({name: heights[name] for name in SCHEDULES}, out)
    _stair_gradients(heights, out)


def _stair_schedules(heights: Mapping[str, Any], out: FigureFolder) -> None:
    from keras_nonnormal.analysis import running_products
    from keras_nonnormal.plotting import stair_schedules

    out.figure("stair-schedules", stair_schedules(heights))
    numbers = (
        (name, step, *row)
        for name, rho in heights.items()
        for step, row in enumerate(zip(rho, running_products(rho), strict=True))
    )
    out.table("stair-schedules", ("schedule", "j", "rho", "product"), numbers)


def _stair_gradients(heights: Mapping[str, Any], out: FigureFolder) -> None:
    from keras_nonnormal.analysis import gradient_bounds, stair_gradient_norms
    from keras_nonnormal.plotting import stair_gradients

    linear = stair_gradient_norms(heights, "linear")
    modrelu = stair_gradient_norms(heights, "modrelu")
    figure = stair_gradients(modrelu, heights, title="orthogonal network with modReLU")
    out.figure("stair-gradients", figure)
    bounds = {name: gradient_bounds(rho) for name, rho in heights.items()}
    numbers = (
        (name, step, *row)
        for name in heights
        for step, row in enumerate(
            zip(linear[name], modrelu[name], bounds[name], strict=True), start=1
        )
    )
    out.table(
        "stair-gradients", ("schedule", "t", "linear", "modrelu", "bound"), numbers
    )
    print("\nschedule  gradient at step 1      bound")
    for name in heights:
        print(f"{name:8}  {modrelu[name][0]:18.4g}  {bounds[name][0]:9.4g}")


def exp_alpha(options, out: FigureFolder) -> None:
    """Exp-alpha, its slope and where it contracts, and the numbers as CSV."""
    out.reserve("exp-alpha")
    load_tensorflow()
    import numpy

    from keras_nonnormal.analysis import contracting_interval, exp_alpha_response
    from keras_nonnormal.plotting import exp_alpha_curves

    out.figure("exp-alpha", exp_alpha_curves(options.alphas, span=SPAN))
    z = numpy.linspace(*SPAN, POINTS)
    numbers = (
        (alpha, *row)
        for alpha in options.alphas
        for row in zip(z, *exp_alpha_response(z, alpha), strict=True)
    )
    out.table("exp-alpha", ("alpha", "z", "y", "slope"), numbers)
    low, high = contracting_interval()
    print(f"\nit contracts for {low:.6f} < alpha z < {high:g}")
