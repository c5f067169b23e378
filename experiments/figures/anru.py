"""Figures of how an ANRU adapts: responses to drives on top of constant inputs.

Geadah et al. (2020), https://arxiv.org/abs/2006.12253.
"""

from collections.abc import Iterator
from typing import Any

from experiments.core.options import OptionError, option
from experiments.core.runs import RunFolder
from experiments.figures._figure import Output, analysis, figure, numpy, plotting
from experiments.figures._runs import each_layer, title_of

# Of runs of 200 steps and more, those whose shapes are compared.
LATE = slice(110, 200)
ORDERS, NEURON_ORDERS = (0.0, 1.0, 1001), (-1.0, 1.0, 100)
LAWS = ("n = a xi^-b + c", "s = a e^(-b xi) + c")
# How long a drive has been on where the exponents under it are taken.
MOMENTS, ONSET = (0, 50, 100, 150), 200

SIZES = (0.5, 1.0, 2.5, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0)
DRIVES = {"drives": option(SIZES, "sizes of the drive", above=0)}
NOISE = {"noise": option(0.1, "standard deviation of the noise on inputs", low=0)}
REPEATS = {"repeats": option(5, "runs of each", low=1)}
SEED = {"seed": option(1, "seed of inputs and noise", low=0)}
STEPS = {
    "steps": option(
        "150",
        "length of a run; the drive is on from step 51 to 100, or from 102 to 201",
        choices=("150", "300"),
    )
}
PROTOCOL = {**DRIVES, **NOISE, **REPEATS, **STEPS, **SEED}


@figure("signals", **PROTOCOL)
def signals(runs, options, out: Output) -> None:
    """Mean gain and saturation of an ANRU under drives, and the numbers as CSV."""
    for run, name, found, drive in _responses("signals", runs, options, out):
        shapes = _mean_shapes(found, options.drives)
        gains, saturations = (
            {size: path[:, part] for size, path in shapes.items()} for part in (0, 1)
        )
        look = {"drive": drive, "title": title_of(run)}
        drawn = plotting.shape_signals(gains, saturations, **look)
        out.save(name, drawn, ("drive", "t", "n", "s"), _by_drive(shapes))


@figure(
    "linearisation",
    **PROTOCOL,
    inputs=option((-0.5, 0.0, 0.5, 1.0), "a line of unit slope for each"),
)
def linearisation(runs, options, out: Output) -> None:
    """The way of an ANRU's mean shape under drives, among lines of unit slope."""
    for run, name, found, drive in _responses("linearisation", runs, options, out):
        shapes = _mean_shapes(found, options.drives)
        look = {"inputs": options.inputs, "title": title_of(run)}
        drawn = plotting.linearisation(shapes, drive=drive, **look)
        out.save(name, drawn, ("drive", "t", "n", "s"), _by_drive(shapes))


@figure("controller", **PROTOCOL)
def controller(runs, options, out: Output) -> None:
    """The mean state of an ANRU's controllers under drives, in two components."""
    for run, name, found, drive in _responses("controller", runs, options, out):
        units = range(found.controllers.shape[-1])
        if len(units) < 2:
            raise OptionError(
                f"{title_of(run)}: expected a controller of two units or more"
            )
        states = dict(zip(options.drives, found.controllers, strict=True))
        drawn = plotting.controller_states(states, drive=drive, title=title_of(run))
        head = ("drive", "t", *(f"g{unit}" for unit in units))
        out.save(name, drawn, head, _by_drive(states))


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
    of_noise = options.of == "noise"
    for run, name, weights in _weights("gain-scaling", runs, out):
        found = analysis.anru_responses(
            weights,
            [0.0] * len(levels) if of_noise else levels,
            steps=LATE.stop,
            drive=None if of_noise else (102, LATE.stop),
            noise=levels if of_noise else options.noise,
            repeats=options.repeats,
            seed=options.seed,
        )
        gains, saturations = (
            each[:, :, LATE].mean(axis=(2, 3))
            for each in (found.gains, found.saturations)
        )
        fits = _fits(levels, gains, saturations)
        drawn = plotting.gain_scaling(
            levels,
            gains,
            saturations,
            gain_fit=fits[0],
            saturation_fit=fits[1],
            label="noise level ξ" if of_noise else "drive ξ",
            title=run.label,
        )
        numbers = zip(levels, gains.mean(axis=1), saturations.mean(axis=1), strict=True)
        out.save(name, drawn, (options.of, "n", "s"), numbers)
        for law, fit in zip(LAWS, fits, strict=True):
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
        neurons = {}
        states, drive = _under_drives(weights, sizes, options)
        alone, _ = _under_drives(weights.isolated(), sizes, options)
        for kind, each in (("interacting", states), ("isolated", alone)):
            last = each.states.mean(axis=1)[-1].T
            orders = numpy.linspace(*NEURON_ORDERS)
            neurons[kind] = analysis.frac_order(last, sizes[-1], orders, protocol).each
        means = states.states.mean(axis=1).mean(axis=-1)
        found = analysis.frac_order(means, sizes, numpy.linspace(*ORDERS), protocol)
        drawn = plotting.fractional_order(
            dict(zip(sizes, means, strict=True)),
            found.orders,
            dict(zip(sizes, found.scores, strict=True)),
            total=found.pooled,
            neurons=neurons,
            drive=drive,
            title=run.label,
        )
        rows: list[tuple] = [("all", "pooled", found.pooled)]
        rows += [("all", *pair) for pair in zip(sizes, found.each, strict=True)]
        rows += [
            (f"{kind} neuron {number}", sizes[-1], value)
            for kind, values in neurons.items()
            for number, value in enumerate(values)
        ]
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
    for run, name, weights in _weights("driven-lyapunov", runs, out):
        # One run without a drive besides: what the shapes are that do not follow it.
        found = analysis.anru_responses(
            weights,
            [0.0, *sizes],
            steps=ONSET + MOMENTS[-1] + 1,
            drive=(ONSET + 1, ONSET + MOMENTS[-1]),
            noise=options.noise,
            repeats=1,
            seed=options.seed,
        )
        exponents: dict[tuple[str, float], dict[float, float]] = {}
        for moment in MOMENTS:
            values = []
            for number in range(len(sizes) + 1):
                at = (number, 0, ONSET + moment)
                spectrum = analysis.gamma_lyapunov_spectrum(
                    weights.matrix,
                    *(each[at] for each in (found.gains, found.saturations)),
                    found.states[at],
                    steps=options.exponent_steps,
                    count=1,
                    seed=options.seed,
                )
                values.append(float(spectrum.exponents[0]))
            for size, value in zip(sizes, values[1:], strict=True):
                exponents.setdefault(("adaptive", size), {})[moment] = value
                exponents.setdefault(("fixed", size), {})[moment] = values[0]
        numbers = (
            (way, size, moment, value)
            for (way, size), by_moment in exponents.items()
            for moment, value in by_moment.items()
        )
        head = ("shape", "drive", "steps since onset", "exponent")
        drawn = plotting.driven_exponents(exponents, title=run.label)
        out.save(name, drawn, head, numbers)


def _responses(
    kind: str, runs, options, out: Output
) -> Iterator[tuple[RunFolder, str, Any, tuple[int, int]]]:
    """Runs, names of figures, responses to the drives, and when these are on."""
    for run, name, weights in _weights(kind, runs, out):
        yield run, name, *_under_drives(weights, options.drives, options)


def _mean_shapes(found: Any, drives) -> dict[float, Any]:
    """Mean gain and saturation, `(time, 2)`, by the size of the drive."""
    shapes = (each.mean(axis=(1, 3)) for each in (found.gains, found.saturations))
    return dict(zip(drives, numpy.stack([*shapes], axis=-1), strict=True))


def _by_drive(values: dict[float, Any]) -> Iterator[tuple]:
    """The rows of a table: drive, step, and the values of the step."""
    for size, rows in values.items():
        for step, row in enumerate(rows):
            yield size, step, *row


def _under_drives(weights: Any, sizes, options) -> tuple[Any, tuple[int, int]]:
    """The responses to drives, and the first and the last step of these."""
    steps = int(options.steps)
    drive = analysis.anru.DRIVES[steps]
    how = {name: getattr(options, name) for name in ("noise", "repeats", "seed")}
    found = analysis.anru_responses(weights, sizes, steps=steps, drive=drive, **how)
    return found, drive


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


def _fits(levels, gains, saturations) -> list[tuple | None]:
    """What the fits find, or None where they find nothing."""
    found: list[tuple | None] = []
    for values, law in ((gains, "power"), (saturations, "exponential")):
        try:
            scaling = analysis.gain_scaling_fit(levels, values.mean(axis=1), law)
            found.append((scaling.a, scaling.b, scaling.c))
        except (ValueError, RuntimeError):
            found.append(None)
    return found
