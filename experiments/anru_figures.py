"""Figures of how an ANRU adapts: answers to drives on top of constant inputs."""

from collections.abc import Callable, Iterator
from typing import Any

from experiments.figure_folder import FigureFolder
from experiments.launch import load_tensorflow
from experiments.options import OptionError
from experiments.run_figures import one_each
from experiments.run_folders import run_folders

# Of runs of 200 steps and more, those whose shapes are compared.
LATE = slice(110, 200)
ORDERS, NEURON_ORDERS = (0.0, 1.0, 1001), (-1.0, 1.0, 100)
LAWS = ("n = a xi^-b + c", "s = a e^(-b xi) + c")
# How long a drive has been on where the exponents under it are taken.
MOMENTS, ONSET = (0, 50, 100, 150), 200


def signals(options, out: FigureFolder) -> None:
    """Mean gain and saturation of an ANRU under drives, and the numbers as CSV."""
    for name, title, answers, drive in _answers("signals", options, out):
        from keras_nonnormal.plotting import shape_signals

        gains, saturations = (
            dict(zip(options.drives, each.mean(axis=(1, 3)), strict=True))
            for each in (answers.gains, answers.saturations)
        )
        out.figure(name, shape_signals(gains, saturations, drive=drive, title=title))
        numbers = (
            (size, step, gains[size][step], saturations[size][step])
            for size in options.drives
            for step in range(options.steps)
        )
        out.table(name, ("drive", "t", "n", "s"), numbers)


def linearisation(options, out: FigureFolder) -> None:
    """The way of an ANRU's mean shape under drives, among lines of unit slope."""
    for name, title, answers, drive in _answers("linearisation", options, out):
        import numpy

        from keras_nonnormal.plotting import linearisation as draw

        shapes = numpy.stack([answers.gains, answers.saturations], axis=-1)
        paths = shapes.mean(axis=(1, 3))
        figure = draw(
            dict(zip(options.drives, paths, strict=True)),
            inputs=options.inputs,
            drive=drive,
            title=title,
        )
        out.figure(name, figure)


def controller(options, out: FigureFolder) -> None:
    """The mean state of an ANRU's controllers under drives, in two components."""
    for name, title, answers, drive in _answers("controller", options, out):
        from keras_nonnormal.plotting import controller_states

        if answers.controllers.shape[-1] < 2:
            raise OptionError(f"{title}: expected a controller of two units or more")
        states = dict(zip(options.drives, answers.controllers, strict=True))
        out.figure(name, controller_states(states, drive=drive, title=title))


def gain_scaling(options, out: FigureFolder) -> None:
    """Gain and saturation of an ANRU against noise or drive, with fits."""
    if len(set(options.drives)) < 3 or 0 in options.drives:
        raise OptionError("--drives: a fit needs three different levels above 0")
    for run, name, weights in _each("gain-scaling", options, out):
        from keras_nonnormal.analysis import anru_responses, gain_scaling_fit
        from keras_nonnormal.plotting import gain_scaling as draw

        levels = sorted(set(options.drives))
        of_noise = options.of == "noise"
        answers = anru_responses(
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
            for each in (answers.gains, answers.saturations)
        )
        fits = _fits(gain_scaling_fit, levels, gains, saturations)
        figure = draw(
            levels,
            gains,
            saturations,
            gain_fit=fits[0],
            saturation_fit=fits[1],
            label="noise level ξ" if of_noise else "drive ξ",
            title=run.label,
        )
        out.figure(name, figure)
        numbers = zip(levels, gains.mean(axis=1), saturations.mean(axis=1), strict=True)
        out.table(name, (options.of, "n", "s"), numbers)
        for law, fit in zip(LAWS, fits, strict=True):
            values = "no fit"
            if fit is not None:
                values = "a = {:.4g}, b = {:.4g}, c = {:.4g}".format(*fit)
            print(f"{run.label}: {law}: {values}")


def order(options, out: FigureFolder) -> None:
    """Of which fractional order an ANRU integrates drives: of all, of each neuron."""
    for run, name, weights in _each("order", options, out):
        import numpy

        from keras_nonnormal.analysis import StepProtocol, anru_responses, frac_order
        from keras_nonnormal.analysis.anru import DRIVES
        from keras_nonnormal.plotting import fractional_order

        protocol = StepProtocol.of_length(options.steps, options.baseline)
        drive = DRIVES[options.steps]
        settings = {
            "steps": options.steps,
            "drive": drive,
            "noise": options.noise,
            "repeats": options.repeats,
            "seed": options.seed,
        }
        sizes = sorted(set(options.drives))
        means, neurons = None, {}
        for kind, each in (("interacting", weights), ("isolated", weights.isolated())):
            states = anru_responses(each, sizes, **settings).states.mean(axis=1)
            if means is None:
                means = states.mean(axis=-1)
            found = frac_order(
                states[-1].T, sizes[-1], numpy.linspace(*NEURON_ORDERS), protocol
            )
            neurons[kind] = found.each
        assert means is not None
        found = frac_order(means, sizes, numpy.linspace(*ORDERS), protocol)
        figure = fractional_order(
            dict(zip(sizes, means, strict=True)),
            found.orders,
            dict(zip(sizes, found.scores, strict=True)),
            total=found.pooled,
            neurons=neurons,
            drive=drive,
            title=run.label,
        )
        out.figure(name, figure)
        rows: list[tuple] = [("all", "pooled", found.pooled)]
        rows += [("all", *pair) for pair in zip(sizes, found.each, strict=True)]
        rows += [
            (f"{kind} neuron {number}", sizes[-1], value)
            for kind, values in neurons.items()
            for number, value in enumerate(values)
        ]
        out.table(name, ("of", "drive", "order"), rows)
        print(f"{run.label}: order {found.pooled:.3f}")


def driven_lyapunov(options, out: FigureFolder) -> None:
    """Largest Lyapunov exponents of an ANRU whose shape is held under a drive."""
    for run, name, weights in _each("driven-lyapunov", options, out):
        from keras_nonnormal.analysis import anru_responses, gamma_lyapunov_spectrum
        from keras_nonnormal.plotting import driven_exponents

        sizes = sorted(set(options.drives))
        # One run without a drive besides: what the shapes are that do not follow it.
        answers = anru_responses(
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
            found = []
            for number in range(len(sizes) + 1):
                at = (number, 0, ONSET + moment)
                spectrum = gamma_lyapunov_spectrum(
                    weights.matrix,
                    answers.gains[at],
                    answers.saturations[at],
                    answers.states[at],
                    steps=options.exponent_steps,
                    count=1,
                    seed=options.seed,
                )
                found.append(float(spectrum.exponents[0]))
            for size, value in zip(sizes, found[1:], strict=True):
                exponents.setdefault(("adaptive", size), {})[moment] = value
                exponents.setdefault(("fixed", size), {})[moment] = found[0]
        out.figure(name, driven_exponents(exponents, title=run.label))
        numbers = (
            (way, size, moment, value)
            for (way, size), values in exponents.items()
            for moment, value in values.items()
        )
        out.table(name, ("shape", "drive", "steps since onset", "exponent"), numbers)


def _answers(
    kind: str, options, out: FigureFolder
) -> Iterator[tuple[str, str, Any, Any]]:
    """Names of figures, titles, answers to the drives, and when these are on."""
    for run, name, weights in _each(kind, options, out):
        from keras_nonnormal.analysis import anru_responses
        from keras_nonnormal.analysis.anru import DRIVES

        drive = DRIVES[options.steps]
        found = anru_responses(
            weights,
            options.drives,
            steps=options.steps,
            drive=drive,
            noise=options.noise,
            repeats=options.repeats,
            seed=options.seed,
        )
        yield name, f"{run.experiment}: {run.label}", found, drive


def _each(kind: str, options, out: FigureFolder) -> Iterator[tuple[Any, str, Any]]:
    """Runs, names of figures, and weights of ANRUs, all of which are read first."""
    runs = run_folders(options.runs)
    files = [run.model for run in runs]
    names = one_each(kind, runs)
    out.reserve(*names)
    load_tensorflow()
    from experiments.trained import load
    from keras_nonnormal.analysis import ANRUWeights
    from keras_nonnormal.layers import ANRU

    layers = [load(file)[1] for file in files]
    for run, layer in zip(runs, layers, strict=True):
        if not isinstance(layer, ANRU):
            raise OptionError(
                f"{run.path} is of a {type(layer).__name__}, whose shape follows no "
                "drive; expected a run of ANRU"
            )
    for run, name, layer in zip(runs, names, layers, strict=True):
        yield run, name, ANRUWeights.of(layer)


def _fits(fit: Callable, levels, gains, saturations) -> list[tuple | None]:
    """What the fits find, or None where they find nothing."""
    found: list[tuple | None] = []
    for values, law in ((gains, "power"), (saturations, "exponential")):
        try:
            scaling = fit(levels, values.mean(axis=1), law)
            found.append((scaling.a, scaling.b, scaling.c))
        except (ValueError, RuntimeError):
            found.append(None)
    return found
