"""Figures of stairs, fixed and learned, and of exp-alpha."""

from experiments.core.options import OptionError, option
from experiments.figures._figure import Output, analysis, figure, numpy, plotting
from experiments.figures._runs import each_layer, learned_stair, title_of

# From where to where, and in how many steps, the table of exp-alpha goes.
SPAN, POINTS = (-3.0, 3.0), 241


@figure("stair", steps=option(784, "length of the sequences", low=1))
def stair(options, out: Output) -> None:
    """Fixed stairs: factors, running products, gradients, and the numbers as CSV."""
    out.begin("stair-schedules", "stair-gradients")
    from keras_nonnormal import stair_heights
    from keras_nonnormal.activations.schedules import SCHEDULES

    steps = numpy.arange(float(options.steps))
    heights = {name: stair_heights(name, steps) for name in SCHEDULES}
    rows = (
        (name, step, *row)
        for name, rho in heights.items()
        for step, row in enumerate(
            zip(rho, analysis.running_products(rho), strict=True)
        )
    )
    drawn = plotting.stair_schedules(heights)
    out.save("stair-schedules", drawn, ("schedule", "j", "rho", "product"), rows)

    heights = {**heights, "none": stair_heights("none", steps)}
    linear = analysis.stair_gradient_norms(heights, "linear")
    modrelu = analysis.stair_gradient_norms(heights, "modrelu")
    bounds = {name: analysis.gradient_bounds(rho) for name, rho in heights.items()}
    rows = (
        (name, step, *row)
        for name in heights
        for step, row in enumerate(
            zip(linear[name], modrelu[name], bounds[name], strict=True), start=1
        )
    )
    title = "orthogonal network with modReLU"
    drawn = plotting.stair_gradients(modrelu, heights, title=title)
    head = ("schedule", "t", "linear", "modrelu", "bound")
    out.save("stair-gradients", drawn, head, rows)
    print("\nschedule  gradient at step 1      bound")
    for name in heights:
        print(f"{name:8}  {modrelu[name][0]:18.4g}  {bounds[name][0]:9.4g}")


@figure("exp-alpha", alphas=option((0.25, 0.5, 1.0, 2.0), "a curve for each", above=0))
def exp_alpha(options, out: Output) -> None:
    """Exp-alpha, its slope and where it contracts, and the numbers as CSV."""
    out.begin("exp-alpha")
    z = numpy.linspace(*SPAN, POINTS)
    rows = (
        (alpha, *row)
        for alpha in options.alphas
        for row in zip(z, *analysis.exp_alpha_response(z, alpha), strict=True)
    )
    drawn = plotting.exp_alpha_curves(options.alphas, span=SPAN)
    out.save("exp-alpha", drawn, ("alpha", "z", "y", "slope"), rows)
    low, high = analysis.contracting_interval()
    print(f"\nit contracts for {low:.6f} < alpha z < {high:g}")


@figure("alpha")
def alpha(runs, options, out: Output) -> None:
    """The learned stair of runs, at its start, on its way and in the end: one each."""
    logged = {run.path: run.logged("alpha") for run in runs}
    for run, layer, name in each_layer("alpha", runs, out):
        found = learned_stair(layer)
        if found is None:
            raise OptionError(f"{run.path} has no learned stair; expected a run of one")
        heights, start = found
        steps = len(heights)
        if any(len(values) != steps for values in logged[run.path].values()):
            raise OptionError(
                f"{run.path / 'alpha.csv'} is not of its model.keras, whose stair has "
                f"{steps} steps; expected a column for each"
            )
        epochs = {run.counted(each): row for each, row in logged[run.path].items()}
        drawn = plotting.learned_stair(
            heights, start=start, epochs=epochs, title=title_of(run), index=run.index
        )
        before = [""] * steps if start is None else start
        rows = zip(range(steps), before, heights, strict=True)
        out.save(name, drawn, ("j", "start", "trained"), rows)
