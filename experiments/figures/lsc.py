"""Figures of the paths that gradients take over time and depth, and of radii in time.

Herranz-Celotti and Rouat (2023), https://arxiv.org/abs/2308.12075; without a run.
"""

from typing import Any

from experiments.core.options import OptionError, option
from experiments.figures._figure import (
    Output,
    analysis,
    figure,
    flat,
    keras,
    numpy,
    plotting,
    say,
)

# The published settings of figure 1.
TIME, DEPTH, DESCENTS = 6, 4, 3
POINTS = 1000
LAYERS, STEPS, SAMPLES, UNITS = 10, 100, 6, 10
SEED = {"seed": option(1, "seed of what is drawn at random", low=0)}

# The published settings of radii over time.
SIDE, EMBEDDING, SMALL, BATCH, ORDERS = 10, 16, 16, 32, (2, 3, 4)
PICTURES, SHAPES = 1000, {"mnist": (28, 28, 1), "cifar10": (32, 32, 3)}
NETS, COVARIANCE_NETS = ("LSTM", "GRU", "ALIF"), ("LSTM", "ALIF")
# How the targets are called in figures.
TARGETS = {"none": "as made", "half": "ρ = 0.5", "one": "ρ = 1"}
BEFORE_STABLE, DROP = 300, 10


@figure("lsc-1a", **SEED)
def grid(options, out: Output) -> None:
    """Figure 1a: ways of a gradient over the grid of time and depth."""
    out.begin("lsc-1a")
    rng = numpy.random.default_rng(options.seed)
    descents: list[Any] = []
    while len(descents) < DESCENTS:
        path = analysis.random_descent(TIME, DEPTH, rng)
        if not any((path == other).all() for other in descents):
            descents.append(path)
    rows = flat([[*map(tuple, path)] for path in descents])
    drawn = plotting.gradient_grid(descents, time=TIME, depth=DEPTH)
    out.save("lsc-1a", drawn, ("path", "move", "t", "l"), rows)


@figure("lsc-1b")
def counts(options, out: Output) -> None:
    """Figure 1b: how many such ways there are in grids of growing size."""
    out.begin("lsc-1b")
    long = numpy.linspace(1, 1e4, POINTS)
    deep = numpy.linspace(1, 100, POINTS)
    grids = {
        "i) Δl = 5": ("T", long, long, 5.0, (1e8, 1e16)),
        "ii) T = 5": ("Δl", deep, 5.0, deep, (1e4, 1e7)),
        "iii) Δl = T/100": ("T", long, long, long / 100, (1e110, 1e220)),
    }
    curves = {
        name: (varied, values, analysis.continuous_lattice_paths(time, depth))
        for name, (varied, values, time, depth, _) in grids.items()
    }
    ticks = {name: settings[-1] for name, settings in grids.items()}
    rows = (
        (name.split(")")[0], *row)
        for name, (_, values, paths) in curves.items()
        for row in zip(values, paths, strict=True)
    )
    drawn = plotting.path_counts(curves, ticks=ticks)
    out.save("lsc-1b", drawn, ("panel", "x", "paths"), rows)


@figure(
    "lsc-1c",
    rho=option((0.3, 0.5, 0.7, 1.0, 1.2), "a column for each; published: 0.5 1", low=0),
    **SEED,
)
def pascal(options, out: Output) -> None:
    """Figure 1c: outputs and gradients of the Pascal network and of ReLUs."""
    out.begin("lsc-1c")
    rng = numpy.random.default_rng(options.seed)
    inputs = 2 * rng.normal(size=(SAMPLES, STEPS))
    rows: dict[str, dict[float, Any]] = {"Pascal": {}, "ReLU": {}}
    kernels = analysis.he_stack(LAYERS, UNITS, rng)
    for rho in options.rho:
        exact = analysis.pascal_gradient(STEPS, LAYERS, rho)
        scaled = [(rho * into, rho * back) for into, back in kernels]
        linear = analysis.stack_gradients(inputs, analysis.pascal_stack(LAYERS, rho))
        rectified = analysis.stack_gradients(inputs, scaled, rectified=True)
        # As many paths, each of which carries as much as all do in the mean.
        size = numpy.abs(rectified[1]).mean(axis=0)
        share = size @ exact / (exact @ exact)
        rows["Pascal"][rho] = plotting.OutputGradients(*linear, exact)
        rows["ReLU"][rho] = plotting.OutputGradients(*rectified, share * exact)
    numbers = {
        (name, rho, sample): zip(*each, shown.reference, strict=True)
        for name, columns in rows.items()
        for rho, shown in columns.items()
        for sample, each in enumerate(zip(shown.outputs, shown.gradients, strict=True))
    }
    head = ("network", "rho", "sample", "t", "output", "gradient", "reference")
    out.save("lsc-1c", plotting.output_gradients(rows), head, flat(numbers))


@figure(
    "lsc-interactions",
    datasets=option(tuple(SHAPES), "a panel for each", choices=SHAPES),
    seeds=option(6, "networks", low=1),
)
def interactions(options, out: Output) -> None:
    """Interactions of radii of orders 2, 3 and 4 in networks with new weights."""
    out.begin("lsc-interactions")

    def made(net: str) -> Any:
        shape = (SIDE * SIDE, 1)
        return _small_network(net, SMALL, shape, embedding=EMBEDDING, activation="relu")

    panels: dict[str, dict[str, dict[str, list[float]]]] = {}
    rows = []
    pictures = {dataset: _small_pictures(dataset) for dataset in options.datasets}
    for net in NETS:
        model = made(net)
        radii_over_time = analysis.RadiiOverTime(model)
        for dataset, all_of_it in pictures.items():
            say(f"{net}, {dataset}")
            bars: dict[str, list[float]] = {f"order {k}": [] for k in ORDERS}
            for seed in range(options.seeds):
                keras.utils.set_random_seed(seed)
                model.set_weights(made(net).get_weights())
                chosen = numpy.random.default_rng(seed).choice(len(all_of_it), BATCH)
                (radii,) = radii_over_time(all_of_it[chosen].reshape(BATCH, -1, 1))
                found = analysis.interactions(radii - radii.mean(axis=0), ORDERS)
                for order, value in zip(ORDERS, found.tolist(), strict=True):
                    bars[f"order {order}"].append(value)
                    rows.append((dataset, net, seed, order, value))
            panels.setdefault(dataset, {})[net] = bars
    drawn = plotting.grouped_bars(panels, label="interaction of radii")
    for axes in drawn.axes:
        axes.set_yscale("log")
    head = ("data", "net", "seed", "order", "value")
    out.save("lsc-interactions", drawn, head, rows)


@figure(
    "lsc-covariance",
    targets=option(
        tuple(TARGETS), "radii that networks are given before", choices=TARGETS
    ),
    units=option(16, "of every layer", low=1),
    samples=option(128, "digits", low=1),
    **SEED,
)
def covariance(options, out: Output) -> None:
    """Covariance of radii of spiking digits at the first step and at later ones."""
    out.begin("lsc-covariance")
    from keras_nonnormal.datasets import DatasetError, SpikeLatencyMNIST
    from keras_nonnormal.pretraining import stabilize

    try:
        task = SpikeLatencyMNIST()
    except DatasetError as error:
        raise OptionError(error) from error
    batches = task.training_batches(options.samples, seed=options.seed)
    inputs, others = (numpy.asarray(x) for x, _ in batches.take(2))
    panels: dict[str, dict[str, Any]] = {}
    for net in COVARIANCE_NETS:
        for target in options.targets:
            name = f"{net}, {TARGETS[target]}"
            say(name)
            keras.utils.set_random_seed(options.seed)
            model = _small_network(net, options.units, inputs.shape[1:], layers=2)
            if target != "none":
                how: Any = {"steps": BEFORE_STABLE, "seed": options.seed, "verbose": 0}
                stabilize(model, others, target, **how)
            for layer, radii in enumerate(analysis.RadiiOverTime(model)(inputs), 1):
                found = analysis.covariance_decay(radii, DROP)
                panels.setdefault(f"layer {layer}", {})[name] = found
    rows = (
        (layer, *name.split(", "), *row)
        for layer, curves in panels.items()
        for name, each in curves.items()
        for row in zip(
            each.steps, each.covariance, each.correlation, each.p_value, strict=True
        )
    )
    head = ("layer", "net", "start", "t", "covariance", "correlation", "p_value")
    drawn = plotting.covariance_decay_curves(panels)
    out.save("lsc-covariance", drawn, head, rows)


def _small_pictures(dataset: str) -> Any:
    """Array `(pictures, side, side)` of grey values from 0 to 1, ten by ten."""
    from keras_nonnormal.datasets import DatasetError, ImageVectors

    try:
        pixels = ImageVectors(dataset).splits.train.inputs[:PICTURES]
    except DatasetError as error:
        raise OptionError(f"--datasets {dataset}: {error}") from error
    pictures = pixels.astype("float32").reshape(len(pixels), *SHAPES[dataset]) / 255
    grey = pictures.mean(axis=-1, keepdims=True)
    small = keras.ops.image.resize(grey, (SIDE, SIDE), antialias=True)
    return numpy.asarray(small)[..., 0]


def _small_network(
    net: str, units: int, shape, *, layers: int = 1, embedding: int = 0, **settings
) -> Any:
    """A model of LSTM, GRU or ALIF layers, with new weights.

    `shape` is time and features of the input, `embedding` the width of a softmax layer
    below, 0 for none; settings are those of LSTM and GRU.
    """
    from keras_nonnormal.layers import ALIF

    kinds = {"LSTM": keras.layers.LSTM, "GRU": keras.layers.GRU}
    x = inputs = keras.Input(shape)
    if embedding:
        x = keras.layers.Dense(embedding, activation="softmax")(x)
    for _ in range(layers):
        kind, more = (kinds[net], settings) if net in kinds else (ALIF, {})
        x = kind(units, return_sequences=True, **more)(x)
    return keras.Model(inputs, x)
