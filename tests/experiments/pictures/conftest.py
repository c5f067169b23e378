import keras
import numpy as np
import pytest

from experiments import recipes  # noqa: F401 - fills the registries
from experiments.core.command import composed
from experiments.core.report import FigureFolder
from keras_nonnormal import Stair
from keras_nonnormal.layers import NNRNN, ExpRNN, FusedLSTM, FusedSimpleRNN
from keras_nonnormal.training import WatchedModel
from tests.experiments.pictures.drawing import make_run
from tests.helpers import compiled_recurrences


@pytest.fixture
def drawn(monkeypatch):
    """The figures that are written."""
    found = []
    write = FigureFolder.figure

    def note(self, name, figure):
        found.append(figure)
        write(self, name, figure)

    monkeypatch.setattr(FigureFolder, "figure", note)
    return found


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """Run directories of small networks after one update, by the network's name."""
    keras.utils.set_random_seed(1)  # layers draw their seeds when they are made
    return made(
        tmp_path_factory.mktemp("runs"),
        {
            "nnRNN": NNRNN(8, return_sequences=True),
            "expRNN": ExpRNN(7, return_sequences=True),
            "RNN": FusedSimpleRNN(6, return_sequences=True),
            "LSTM": FusedLSTM(5, return_sequences=True),
        },
    )


@pytest.fixture(scope="session")
def staired_runs(tmp_path_factory):
    """The same of networks with a stair."""
    keras.utils.set_random_seed(1)
    start = keras.initializers.Constant(0.98)
    return made(
        tmp_path_factory.mktemp("staired"),
        {
            "nnRNN": NNRNN(8, stair="n2", t_mask="block", return_sequences=True),
            "expRNN": ExpRNN(7, stair="expalpha", return_sequences=True),
            "RNN": FusedSimpleRNN(
                6, stair=Stair("alpha", initializer=start), return_sequences=True
            ),
            "LSTM": FusedLSTM(5, stair="logn", return_sequences=True),
        },
    )


@pytest.fixture(scope="session")
def adaptive_runs(tmp_path_factory):
    """Run directories of networks with gamma and of others, by the network's name.

    They are as a training of two epochs leaves them, each of which kept a checkpoint;
    training was a change of all weights. The start of the recurrent layer is in
    `start.npz`.
    """
    folder = tmp_path_factory.mktemp("adaptive")
    nets = {
        "heterogeneous": {"net_type": "RNN", "nonlin": "gamma2"},
        "homogeneous": {"net_type": "nnRNN", "nonlin": "gamma", "gain": 10.0},
        "ANRU": {"net_type": "ANRU", "controller": 3},
        "LSTM": {"net_type": "LSTM"},
        "GRU": {"net_type": "GRU"},
    }
    with compiled_recurrences(False):
        for name, net in nets.items():
            make_trained(folder / name, net)
    return folder


def make_trained(folder, net):
    sizes = {"units": 6, "T": 5, "c_length": 4, "onehot": True, "batch_size": 4}
    length = {"updates": 20, "log_interval": 10}
    recipe = "gamma" if net["net_type"] in ("ANRU", "GRU") else "nnrnn"
    recipe = "gamma" if "nonlin" in net else recipe
    program = composed("copy", recipe, {**sizes, **length, **net})
    make_run(folder, program.options, recipe=recipe)
    task = program.task.load(program.run.seed)
    keras.utils.clear_session()
    keras.utils.set_random_seed(program.run.seed)
    model = program.network.model(program, task)
    np.savez(folder / "start.npz", *model.get_layer("recurrent").get_weights())
    watched = WatchedModel(model)
    watched.compile(program.recipe.new_optimizer(program, task))
    watched.optimizer.build(watched.trainable_variables)
    (folder / "checkpoints").mkdir()
    rng = np.random.default_rng(5)
    for epoch in (1, 2):
        changes = [rng.normal(scale=0.05, size=w.shape) for w in model.get_weights()]
        model.set_weights(
            [w + d for w, d in zip(model.get_weights(), changes, strict=True)]
        )
        watched.save_weights(folder / f"checkpoints/epoch-{epoch:04d}.weights.h5")
    model.save(folder / "model.keras")


def made(folder, layers):
    with compiled_recurrences(False):
        for net, layer in layers.items():
            make_updated(folder / net, net, layer)
    return folder


def make_updated(folder, net, layer):
    inputs = keras.Input((21, 10))
    model = keras.Model(inputs, keras.layers.Dense(9)(layer(inputs)))
    model.compile(
        keras.optimizers.SGD(0.1),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    if net == "nnRNN":
        upper = 0.4 * np.random.default_rng(1).normal(size=(8, 8))
        next(v for v in layer.variables if v.name == "upper").assign(upper)
    data = np.random.default_rng(2).normal(scale=0.01, size=(1, 21, 10))
    model.fit(data, np.zeros((1, 21)), verbose=0)
    stair = layer.stair.schedule if layer.stair else "none"
    make_run(folder, {"net_type": net, "nhid": layer.units, "stair": stair})
    model.save(folder / "model.keras")
