"""Figures of how radii at different time steps depend on one another."""

from typing import Any

from experiments.figure_folder import FigureFolder
from experiments.launch import load_tensorflow
from experiments.options import OptionError

# The published settings.
SIDE, EMBEDDING, UNITS, BATCH, ORDERS = 10, 16, 16, 32, (2, 3, 4)
PICTURES, SHAPES = 1000, {"mnist": (28, 28, 1), "cifar10": (32, 32, 3)}
NETS, COVARIANCE_NETS = ("LSTM", "GRU", "ALIF"), ("LSTM", "ALIF")
# How the targets are called in figures.
STARTS = {"none": "as made", "one": "ρ = 1", "half": "ρ = 0.5"}
BEFORE_STABLE, LAYERS, DROP = 300, 2, 10


def interactions(options, out: FigureFolder) -> None:
    """Interactions of radii of orders 2, 3 and 4 in networks with new weights."""
    out.reserve("lsc-interactions")
    load_tensorflow()
    import keras
    import numpy

    from experiments.frame_radii import RadiiOverTime, small_network
    from keras_nonnormal import analysis
    from keras_nonnormal.plotting import grouped_bars

    panels: dict[str, dict[str, dict[str, list[float]]]] = {}
    rows = []
    pictures = {dataset: _small_pictures(dataset) for dataset in options.datasets}
    for net in NETS:

        def made(net=net):
            shape = (SIDE * SIDE, 1)
            return small_network(
                net, UNITS, shape, embedding=EMBEDDING, activation="relu"
            )

        model = made()
        radii_over_time = RadiiOverTime(model)
        for dataset, all_of_it in pictures.items():
            bars: dict[str, list[float]] = {f"order {k}": [] for k in ORDERS}
            for seed in range(options.seeds):
                keras.utils.set_random_seed(seed)
                model.set_weights(made().get_weights())
                chosen = numpy.random.default_rng(seed).choice(len(all_of_it), BATCH)
                (radii,) = radii_over_time(all_of_it[chosen].reshape(BATCH, -1, 1))
                found = analysis.interactions(radii - radii.mean(axis=0), ORDERS)
                for order, value in zip(ORDERS, found.tolist(), strict=True):
                    bars[f"order {order}"].append(value)
                    rows.append((dataset, net, seed, order, value))
            panels.setdefault(dataset, {})[net] = bars
    figure = grouped_bars(panels, label="interaction of radii")
    for axes in figure.axes:
        axes.set_yscale("log")
    out.figure("lsc-interactions", figure)
    out.table("lsc-interactions", ("data", "net", "seed", "order", "value"), rows)


def covariance(options, out: FigureFolder) -> None:
    """Covariance of radii of spiking digits at the first step and at later ones."""
    out.reserve("lsc-covariance")
    load_tensorflow()
    import keras
    import numpy

    from experiments.frame_radii import RadiiOverTime, small_network
    from keras_nonnormal.analysis import covariance_decay
    from keras_nonnormal.datasets import DatasetError, SpikeLatencyMNIST
    from keras_nonnormal.plotting import covariance_decay_curves
    from keras_nonnormal.pretraining import stabilize

    try:
        task = SpikeLatencyMNIST()
    except DatasetError as error:
        raise OptionError(str(error)) from error
    batches = task.training_batches(options.samples, seed=options.seed)
    inputs, others = (numpy.asarray(x) for x, _ in batches.take(2))
    columns: dict[str, dict[str, Any]] = {}
    for net in COVARIANCE_NETS:
        for target in options.targets:
            keras.utils.set_random_seed(options.seed)
            model = small_network(net, options.units, inputs.shape[1:], layers=LAYERS)
            if target != "none":
                stabilize(
                    model,
                    others,
                    target,
                    steps=BEFORE_STABLE,
                    seed=options.seed,
                    verbose=0,
                )
            for layer, radii in enumerate(RadiiOverTime(model)(inputs)):
                curves = columns.setdefault(f"layer {layer + 1}", {})
                curves[f"{net}, {STARTS[target]}"] = covariance_decay(radii, DROP)
    out.figure("lsc-covariance", covariance_decay_curves(columns))
    rows = (
        (layer, *name.split(", "), *row)
        for layer, curves in columns.items()
        for name, found in curves.items()
        for row in zip(
            found.steps,
            found.covariance,
            found.correlation,
            found.p_value,
            strict=True,
        )
    )
    head = ("layer", "net", "start", "t", "covariance", "correlation", "p_value")
    out.table("lsc-covariance", head, rows)


def _small_pictures(dataset: str) -> Any:
    """Array `(pictures, side, side)` of grey values from 0 to 1, ten by ten."""
    import keras
    import numpy

    from keras_nonnormal.datasets import DatasetError, ImageVectors

    try:
        pixels = ImageVectors(dataset).splits.train.inputs[:PICTURES]
    except DatasetError as error:
        raise OptionError(f"--datasets {dataset}: {error}") from error
    pictures = pixels.astype("float32").reshape(len(pixels), *SHAPES[dataset]) / 255
    grey = pictures.mean(axis=-1, keepdims=True)
    small = keras.ops.image.resize(grey, (SIDE, SIDE), antialias=True)
    return numpy.asarray(small)[..., 0]
