"""Figures of how an ANRU adapts: responses to drives on top of constant inputs.

Geadah et al. (2020), https://arxiv.org/abs/2006.12253.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from experiments.core.options import OptionError, option
from experiments.core.runs import RunFolder
from experiments.figures._figure import Output, analysis, figure, flat, numpy, plotting
from experiments.figures._runs import each_layer, title_of

ORDERS, NEURON_ORDERS = (0.0, 1.0, 1001), (-1.0, 1.0, 100)
# How long a drive has been on where the exponents under it are taken.
MOMENTS = (0, 50, 100, 150)

SIZES = (0.5, 1.0, 2.5, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0)
NOISE = {"noise": option(0.1, "standard deviation of the noise on inputs", low=0)}
REPEATS = {"repeats": option(5, "runs of each", low=1)}
SEED = {"seed": option(1, "seed of inputs and noise", low=0)}
PROTOCOL = {
    "drives": option(SIZES, "sizes of the drive", above=0),
    **NOISE,
    **REPEATS,
    "steps": option(
        "150",
        "length of a run; the drive is on from step 51 to 100, or from 102 to 201",
        choices=("150", "300"),
    ),
    **SEED,
}


@figure("signals", **PROTOCOL)
def signals(runs, options, out: Output) -> None:
    """Mean gain and saturation of an ANRU under drives, and the numbers as CSV."""
    for run, name, weights in _weights("signals", runs, out):
        found, look = _under_drives(weights, options.drives, options)
        shapes = dict(zip(options.drives, found.mean_shapes, strict=True))
        paths = ({k: each[:, part] for k, each in shapes.items()} for part in (0, 1))
        drawn = plotting.shape_signals(*paths, **look, title=title_of(run))
        out.save(name, drawn, ("drive", "t", "n", "s"), _by_step(shapes))


@figure(
    "linearisation",
    **PROTOCOL,
    inputs=option((-0.5, 0.0, 0.5, 1.0), "a line of unit slope for each"),
)
def linearisation(runs, options, out: Output) -> None:
    """The way of an ANRU's mean shape under drives, among lines of unit slope."""
    for run, name, weights in _weights("linearisation", runs, out):
        found, look = _under_drives(weights, options.drives, options)
        shapes = dict(zip(options.drives, found.mean_shapes, strict=True))
        look |= {"inputs": options.inputs, "title": title_of(run)}
        drawn = plotting.linearisation(shapes, **look)
        out.save(name, drawn, ("drive", "t", "n", "s"), _by_step(shapes))


@figure("controller", **PROTOCOL)
def controller(runs, options, out: Output) -> None:
    """The mean state of an ANRU's controllers under drives, in two components."""
    for run, name, weights in _weights("controller", runs, out):
        if weights.controller_units < 2:
            raise OptionError(
                f"{title_of(run)}: expected a controller of two units or more"
            )
        found, look = _under_drives(weights, options.drives, options)
        states = dict(zip(options.drives, found.controllers, strict=True))
        drawn = plotting.controller_states(states, **look, title=title_of(run))
        units = (f"g{unit}" for unit in range(weights.controller_units))
        out.save(name, drawn, ("drive", "t", *units), _by_step(states))


@figure(
    "gain-scaling",
    of=option("noise", "what is varied", choices=("noise", "drive")),
    drives=option(SIZES, "levels of noise or sizes of the drive", above=0),
    **NOISE,
    **REPEATS,
    **SEED,
)
def gain_scaling(runs, options, out: Output) -> None:
    """Gain and saturation of an ANRU against noise or drive, with fits."""
    levels = sorted(set(options.drives))
    if len(levels) < 3:
        raise OptionError("--drives: a fit needs three different levels above 0")
    how = {each: getattr(options, each) for each in ("of", "noise", "repeats", "seed")}
    for run, name, weights in _weights("gain-scaling", runs, out):
        gains, saturations = analysis.adapted_shapes(weights, levels, **how)
        means = [each.mean(axis=1) for each in (gains, saturations)]
        fits = {
            "n = a xi^-b + c": _fit(levels, means[0], "power"),
            "s = a e^(-b xi) + c": _fit(levels, means[1], "exponential"),
        }
        laws = zip(("gain_fit", "saturation_fit"), fits.values(), strict=True)
        label = {"noise": "noise level ξ", "drive": "drive ξ"}[options.of]
        look = {**dict(laws), "label": label, "title": run.label}
        drawn = plotting.gain_scaling(levels, gains, saturations, **look)
        rows = zip(levels, *means, strict=True)
        out.save(name, drawn, (options.of, "n", "s"), rows)
        for law, fit in fits.items():
            values = "no fit"
            if fit is not None:
                values = "a = {:.4g}, b = {:.4g}, c = {:.4g}".format(*fit)
            print(f"{run.label}: {law}: {values}")


@figure(
    "order",
    **PROTOCOL,
    baseline=option(0.8, "what the drive is taken to come on top of"),
)
def order(runs, options, out: Output) -> None:
    """Of which fractional order an ANRU integrates drives: of all, of each neuron."""
    sizes = sorted(set(options.drives))
    for run, name, weights in _weights("order", runs, out):
        protocol = analysis.StepProtocol.of_length(int(options.steps), options.baseline)
        neurons, rows = {}, []
        states, look = _under_drives(weights, sizes, options)
        alone, _ = _under_drives(weights.isolated(), sizes, options)
        for kind, each in (("interacting", states), ("isolated", alone)):
            last = each.states.mean(axis=1)[-1].T
            orders = numpy.linspace(*NEURON_ORDERS)
            neurons[kind] = analysis.frac_order(last, sizes[-1], orders, protocol).each
            rows += [
                (f"{kind} neuron {number}", sizes[-1], value)
                for number, value in enumerate(neurons[kind])
            ]
        means = states.states.mean(axis=1).mean(axis=-1)
        found = analysis.frac_order(means, sizes, numpy.linspace(*ORDERS), protocol)
        drawn = plotting.fractional_order(
            dict(zip(sizes, means, strict=True)),
            found.orders,
            dict(zip(sizes, found.scores, strict=True)),
            total=found.pooled,
            neurons=neurons,
            **look,
            title=run.label,
        )
        of_all = {"pooled": found.pooled, **dict(zip(sizes, found.each, strict=True))}
        rows = [*flat({"all": of_all}), *rows]
        out.save(name, drawn, ("of", "drive", "order"), rows)
        print(f"{run.label}: order {found.pooled:.3f}")


@figure(
    "driven-lyapunov",
    drives=option((0.5, 1.0, 5.0, 10.0), "sizes of the drive", above=0),
    **NOISE,
    exponent_steps=option(500, "steps to average an exponent over", low=1),
    **SEED,
)
def driven_lyapunov(runs, options, out: Output) -> None:
    """Largest Lyapunov exponents of an ANRU whose shape is held under a drive."""
    sizes = sorted(set(options.drives))
    how = {"noise": options.noise, "seed": options.seed}
    for run, name, weights in _weights("driven-lyapunov", runs, out):
        fixed, *adaptive = analysis.driven_exponents(
            weights, sizes, MOMENTS, steps=options.exponent_steps, **how
        )
        exponents = {
            (way, size): dict(zip(MOMENTS, row, strict=True))
            for size, follows in zip(sizes, adaptive, strict=True)
            for way, row in (("adaptive", follows), ("fixed", fixed))
        }
        head = ("shape", "drive", "steps since onset", "exponent")
        drawn = plotting.driven_exponents(exponents, title=run.label)
        out.save(name, drawn, head, flat(exponents))


def _by_step(values: Mapping[float, Any]) -> Iterator[tuple]:
    """The rows of a table: size of the drive, step, and the values of the step."""
    return flat({size: [*map(tuple, steps)] for size, steps in values.items()})


def _under_drives(weights: Any, sizes, options) -> tuple[Any, dict[str, Any]]:
    """The responses to drives, and which steps a figure shades for them."""
    steps = int(options.steps)
    drive = analysis.anru.DRIVES[steps]
    how = {name: getattr(options, name) for name in ("noise", "repeats", "seed")}
    found = analysis.anru_responses(weights, sizes, steps=steps, drive=drive, **how)
    return found, {"drive": drive}


def _weights(kind: str, runs, out: Output) -> Iterator[tuple[RunFolder, str, Any]]:
    """Runs, names of figures, and weights of ANRUs, all of which are read first."""
    found = list(each_layer(kind, runs, out))
    from keras_nonnormal.layers import ANRU

    for run, layer, _ in found:
        if not isinstance(layer, ANRU):
            raise OptionError(
                f"{run.path} is of a {type(layer).__name__}, whose shape follows no "
                "drive; expected a run of ANRU"
            )
    for run, layer, name in found:
        yield run, name, analysis.ANRUWeights.of(layer)


def _fit(levels, values, law: str) -> tuple[float, float, float] | None:
    """The a, b and c of a law, or None where no fit is found."""
    try:
        found = analysis.gain_scaling_fit(levels, values, law)
    except (ValueError, RuntimeError):
        return None
    return found.a, found.b, found.c
