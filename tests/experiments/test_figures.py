"""Rows 42 and 43: the figures as a user draws them."""

import csv
import json
import time

import keras
import numpy as np
import pytest

from experiments import figures, run_folders, trained
from experiments.options import OptionError
from keras_nonnormal import analysis
from keras_nonnormal.layers import NNRNN, ExpRNN, FusedLSTM, FusedSimpleRNN

HEAVY = ("tensorflow", "keras", "keras_nonnormal", "numpy", "matplotlib", "h5py")
PNG = b"\x89PNG"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Run directories of small untrained networks, by the name of the network."""
    folder = tmp_path_factory.mktemp("runs")
    keras.utils.set_random_seed(1)
    layers = {
        "nnRNN": NNRNN(8, return_sequences=True),
        "expRNN": ExpRNN(7, return_sequences=True),
        "RNN": FusedSimpleRNN(6, return_sequences=True),
        "LSTM": FusedLSTM(5, return_sequences=True),
    }
    for net, layer in layers.items():
        inputs = keras.Input((21, 10))
        model = keras.Model(inputs, keras.layers.Dense(9)(layer(inputs)))
        model.compile(
            keras.optimizers.SGD(0.1),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        if net == "nnRNN":
            upper = 0.4 * np.random.default_rng(1).normal(size=(8, 8))
            next(v for v in layer.variables if v.name == "upper").assign(upper)
        model.fit(np.zeros((1, 21, 10)), np.zeros((1, 21)), verbose=0)
        make_run(folder / net, {"net_type": net, "nhid": layer.units})
        model.save(folder / net / "model.keras")
    return folder


def make_run(folder, options, experiment="copy", columns=("loss",), **config):
    folder.mkdir(parents=True)
    content = {"experiment": experiment, "options": {"seed": 400, **options}, **config}
    (folder / "config.json").write_text(json.dumps(content))
    rows = [",".join(("epoch", *columns)), *(f"{e},0.5" for e in (1, 2, 3))]
    (folder / "metrics.csv").write_text("\n".join(rows) + "\n")
    return folder


def draw(*arguments, out):
    return figures.main([*map(str, arguments), "--out", str(out)])


def refusal(capsys, *arguments, out):
    with pytest.raises(SystemExit) as left:
        draw(*arguments, out=out)
    assert left.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def columns(file):
    with open(file, newline="") as lines:
        head, *rows = csv.reader(lines)
    return dict(zip(head, zip(*rows, strict=True), strict=True))


def test_figure_1_comes_with_its_numbers(golden, capsys, tmp_path):  # Row 42
    assert draw("nnrnn-1", out=tmp_path) == 0
    for name in ("nnrnn-1a", "nnrnn-1b"):
        assert (tmp_path / f"{name}.png").read_bytes().startswith(PNG)
    expected = golden("nnrnn/figure1")
    moments = columns(tmp_path / "nnrnn-1a.csv")
    rows = [float(value) for value in moments["norm"]]  # beta, then alpha, then step
    norms = np.reshape(rows, (2, 3, 150)).swapaxes(0, 1)
    # What is written reads back as it was computed.
    np.testing.assert_allclose(norms, expected["norm_mean_sd"][..., 0], rtol=1e-9)
    memory = columns(tmp_path / "nnrnn-1b.csv")
    assert set(memory["d"]) == {"0.0", "0.2"}
    rows = [float(value) for value in memory["J"]]  # d, beta, alpha, k
    np.testing.assert_allclose(
        np.reshape(rows, (2, 2, 3, 150)).transpose(2, 1, 0, 3),
        expected["J_exact"],
        atol=1e-6,  # see tests/analysis/test_fisher_memory.py
    )
    said = capsys.readouterr().out
    for total in ("3.03", "12.09", "16.30", "20.88"):  # the supplement's table
        assert total in said


def test_curves_of_all_networks_are_in_one_figure(runs, tmp_path, monkeypatch):
    drawn = watch(monkeypatch)  # Row 43, F2 to F5
    assert draw("curves", *sorted(runs.iterdir()), out=tmp_path) == 0
    assert (tmp_path / "copy-loss.png").read_bytes().startswith(PNG)
    (axes,) = drawn[0].axes
    labels = [line.get_label() for line in axes.get_lines()]
    assert labels == ["LSTM 5", "RNN 6", "expRNN 7", "nnRNN 8"]
    assert axes.get_ylabel() == "training loss"
    assert axes.get_xlabel() == "epoch"


def watch(monkeypatch):
    """The figures that are written from now on."""
    drawn = []
    write = figures.FigureFolder.figure

    def note(self, name, figure):
        drawn.append(figure)
        write(self, name, figure)

    monkeypatch.setattr(figures.FigureFolder, "figure", note)
    return drawn


def test_validation_accuracy_is_what_is_drawn_if_there_is_one(tmp_path, monkeypatch):
    drawn = watch(monkeypatch)
    names = ("loss", "val_loss", "val_accuracy")
    run = make_run(tmp_path / "run", {"net_type": "LSTM"}, "psmnist", names)
    (run / "metrics.csv").write_text("epoch,loss,val_loss,val_accuracy\n1,3,2,0.25\n")
    assert draw("curves", run, out=tmp_path) == 0
    assert draw("curves", run, "--metric=val_loss", out=tmp_path) == 0
    first, second = (figure.axes[0] for figure in drawn)
    assert first.get_ylabel() == "validation accuracy"
    assert first.get_lines()[0].get_ydata() == [0.25]
    assert second.get_ylabel() == "validation loss"
    assert (tmp_path / "psmnist-val-accuracy.png").exists()


def test_rows_of_fresh_sequences_are_counted_in_updates(tmp_path, monkeypatch):
    drawn = watch(monkeypatch)
    options = {"net_type": "nnRNN", "nhid": 4, "updates": 60, "log_interval": 25}
    run = make_run(tmp_path / "run", options, family="networks")
    rows = ["epoch,loss,task_loss", "1,0.5,0.4", "2,0.3,0.2", "3,0.2,0.1"]
    (run / "metrics.csv").write_text("\n".join(rows))
    assert draw("curves", run, out=tmp_path) == 0
    (axes,) = drawn[0].axes
    # Every 20: the largest divisor of 60 up to 25. The penalty is not in the loss.
    points = [[20, 0.4], [40, 0.2], [60, 0.1]]
    np.testing.assert_array_equal(axes.get_lines()[0].get_xydata(), points)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("update", "training loss")
    assert (tmp_path / "copy-loss.png").exists()


def test_theta_is_read_from_the_saved_model(runs, tmp_path, monkeypatch):  # F6
    drawn = watch(monkeypatch)
    assert draw("theta", runs / "nnRNN", "--limit=0.2", out=tmp_path) == 0
    assert (tmp_path / "theta-nnRNN.png").read_bytes().startswith(PNG)
    axes = drawn[0].axes[0]
    _, layer = trained.load(runs / "nnRNN/model.keras")
    weights = {v.name: keras.ops.convert_to_numpy(v) for v in layer.variables}
    expected = analysis.schur_matrix(*(weights[n] for n in ("theta", "gamma", "upper")))
    np.testing.assert_array_equal(axes.get_images()[0].get_array(), expected.T)
    assert axes.get_images()[0].get_clim() == (-0.2, 0.2)
    assert axes.get_title(loc="left") == "copy: nnRNN 8"


def test_spectra_are_those_of_the_recurrent_matrices(
    runs, tmp_path, monkeypatch, capsys
):  # F7
    drawn = watch(monkeypatch)
    found = [runs / name for name in ("nnRNN", "expRNN", "RNN")]
    assert draw("spectrum", *found, out=tmp_path) == 0
    assert (tmp_path / "spectrum.png").read_bytes().startswith(PNG)
    plane, gammas, thetas = drawn[0].axes
    for points, run in zip(plane.collections, found, strict=True):
        _, layer = trained.load(run / "model.keras")
        values = points.get_offsets() @ [1, 1j]
        matrix = keras.ops.convert_to_numpy(layer.recurrent_matrix())
        exact = np.linalg.eigvals(matrix.astype(float))
        # The matrix is made in single precision and not normal.
        assert max(np.abs(exact - value).min() for value in values) < 1e-3
    assert (gammas.get_xlabel(), thetas.get_xlabel()) == ("modulus γ", "angle |θ|")
    said = capsys.readouterr().out.splitlines()
    henrici = {line.split()[0]: float(line.split()[-1]) for line in said[-3:]}
    assert henrici["nnRNN"] > 0.3
    assert henrici["expRNN"] < 1e-3


def test_state_gradients_are_those_of_the_published_program(golden):  # Rows 29, 43
    arrays = golden("nnrnn/smnist_step")
    inputs = keras.Input((784, 1))
    layer = NNRNN(8)
    model = keras.Model(inputs, keras.layers.Dense(10)(layer(inputs)))
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    names = {"skew": "X", "upper": "T", "offset": "modrelu_bias"}
    for variable in layer.variables:
        if (name := names.get(variable.name, variable.name)) in arrays:
            variable.assign(arrays[name])
    model.layers[-1].set_weights([arrays["head_kernel"], arrays["head_bias"]])
    images = arrays["images"][:, arrays["order"], None].astype("float32")
    norms = trained.gradient_norms(model, layer, images, arrays["labels"])
    # 1e-3: single precision over 784 steps.
    np.testing.assert_allclose(norms, arrays["grad_norm_h"], rtol=1e-3, atol=1e-9)


@pytest.mark.parametrize("net", ["nnRNN", "LSTM"])
def test_state_gradients_are_slopes_of_the_loss(runs, net):
    """Against a finite difference: the last state changes the loss of one step."""
    model, layer = trained.load(runs / net / "model.keras", with_loss=True)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 21, 10)).astype("float32")
    y = rng.integers(0, 9, (2, 21))
    norms = trained.gradient_norms(model, layer, x, y)
    assert norms.shape == (2, 21)
    logits = keras.ops.convert_to_numpy(model(x))[:, -1]
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    chances[[0, 1], y[:, -1]] -= 1
    readout, _ = model.layers[-1].get_weights()
    # The mean over 2 x 21 losses.
    expected = np.linalg.norm(chances @ readout.T, axis=1) / 42
    np.testing.assert_allclose(norms[:, -1], expected, rtol=1e-4)


def test_gradients_of_a_run_of_a_script(python, tmp_path):  # F8
    flags = ["--T=30", "--hidden-units=6", "--train-size=320", "--validation-size=32"]
    more = ["--test-size=32", "--epochs=1", "--compare=none", "--init=orthogonal"]
    run = python("experiments/copy.py", *flags, *more, "--out", tmp_path / "run")
    assert run.returncode == 0, run.stderr
    shown = python(
        *("experiments/figures.py", "gradients", tmp_path / "run", "--batch=3"),
        *("--out", tmp_path / "figures"),
    )
    assert shown.returncode == 0, shown.stderr
    assert shown.stderr == ""
    assert shown.stdout.strip() == str(tmp_path / "figures/gradients-copy.png")
    norms = columns(tmp_path / "figures/gradients-copy.csv")
    assert norms["step"] == tuple(str(step) for step in range(1, 31))
    assert all(float(norm) > 0 for norm in norms["orthogonal 6"])


def test_help_is_quick_and_loads_nothing_heavy(python):
    begun = time.perf_counter()
    shown = python("-X", "importtime", "experiments/figures.py", "--help")
    assert time.perf_counter() - begun < 1.0
    assert shown.returncode == 0
    for command in figures.COMMANDS:
        assert command in shown.stdout
    imported = {line.split("|")[-1].strip() for line in shown.stderr.splitlines()}
    assert "argparse" in imported
    assert not imported.intersection(HEAVY)


def test_bad_runs_are_refused_before_anything_heavy_loads(python, tmp_path):
    refused = python(
        *("-X", "importtime", "experiments/figures.py", "theta", tmp_path),
        *("--out", tmp_path / "figures"),
    )
    assert refused.returncode == 2
    notes = [line for line in refused.stderr.splitlines() if "|" in line]
    said = [line for line in refused.stderr.splitlines() if "|" not in line]
    assert said == [
        f"figures.py theta: error: {tmp_path} has no config.json; expected a run "
        "directory"
    ]
    assert not {line.split("|")[-1].strip() for line in notes}.intersection(HEAVY)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["pie"], "argument COMMAND: invalid choice: 'pie'"),
        (["curves"], "the following arguments are required: RUN"),
        (["curves", "nowhere"], "nowhere is no folder; expected a run directory"),
        (["theta", "x", "--limit=0"], "expected a number above 0, received 0"),
        (["gradients", "x", "--batch=0"], "expected a whole number of at least 1"),
        (["nnrnn-1", "--colour"], "unrecognized arguments: --colour"),
    ],
)
def test_wrong_arguments_are_one_line(capsys, tmp_path, arguments, message):
    if not arguments:
        with pytest.raises(SystemExit, match="2"):
            figures.main([])
        assert message in capsys.readouterr().err
    else:
        assert message in refusal(capsys, *arguments, out=tmp_path / "figures")
    assert not (tmp_path / "figures").exists()


def test_runs_that_do_not_fit_are_one_line(capsys, runs, tmp_path):
    out = tmp_path / "figures"
    bare = make_run(tmp_path / "bare", {"net_type": "nnRNN", "nhid": 4})
    other = make_run(tmp_path / "other", {}, experiment="psmnist")
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.json").write_text("{")
    lost = make_run(tmp_path / "lost", {}, experiment="poetry")
    (lost / "model.keras").write_bytes((runs / "RNN/model.keras").read_bytes())
    begun = make_run(tmp_path / "begun", {})
    (begun / "metrics.csv").unlink()
    damaged = make_run(tmp_path / "damaged", {})
    (damaged / "model.keras").write_text("no model")
    for arguments, message in (
        (("theta", bare), "holds no model.keras; expected a run that is finished"),
        (("theta", runs / "expRNN"), "has no Theta; expected a run of nnRNN"),
        (("theta", damaged), f"cannot load {damaged / 'model.keras'}"),
        (("spectrum", runs / "LSTM"), "a FusedLSTM has no single recurrent matrix"),
        (("curves", bare, other), "expected runs of one experiment"),
        (("curves", bare, bare), "is named 2 times; expected each run once"),
        (("curves", broken), f"cannot read {broken / 'config.json'}"),
        (("curves", begun), "holds no metrics.csv with an epoch in it"),
        (
            ("curves", bare, "--metric=bpc"),
            "nnRNN 4 has no bpc, expected one of loss, task_loss",
        ),
        (("gradients", lost), "is of poetry.py (starts), which is not known"),
    ):
        assert message in refusal(capsys, *arguments, out=out)


def test_only_own_figures_are_replaced(capsys, runs, tmp_path):
    assert draw("curves", runs / "RNN", out=tmp_path) == 0
    assert draw("curves", runs / "RNN", out=tmp_path) == 0  # its own
    (tmp_path / "copy-loss.png").write_bytes(PNG + b"holiday")
    line = refusal(capsys, "curves", runs / "RNN", out=tmp_path)
    assert "copy-loss.png is there and not one of these figures" in line
    assert (tmp_path / "copy-loss.png").read_bytes() == PNG + b"holiday"
    (tmp_path / "nnrnn-1b.csv").write_text("mine")
    assert "nnrnn-1b.csv is there" in refusal(capsys, "nnrnn-1", out=tmp_path)
    (tmp_path / "file").touch()
    line = refusal(capsys, "curves", runs / "RNN", out=tmp_path / "file/figures")
    assert "--out: cannot make" in line


def test_labels_say_no_more_than_is_needed_to_differ(tmp_path):
    def labels(*options):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        paths = [make_run(folder / f"r{n}", each) for n, each in enumerate(options)]
        return [run.label for run in run_folders.run_folders(paths)]

    small, large = {"net_type": "RNN", "nhid": 8}, {"net_type": "RNN", "nhid": 9}
    assert labels(small, large) == ["RNN 8", "RNN 9"]
    assert labels(small, {**small, "seed": 401}) == [
        "RNN 8, seed 400",
        "RNN 8, seed 401",
    ]
    assert labels(small, small) == ["RNN 8 (r0)", "RNN 8 (r1)"]
    assert labels({"init": "chain", "hidden_units": 25}) == ["chain 25"]
    assert labels({}) == ["run"]


def test_models_with_several_recurrent_layers_are_refused(tmp_path):
    inputs = keras.Input((4, 2))
    hidden = FusedSimpleRNN(3, return_sequences=True)(inputs)
    keras.Model(inputs, FusedSimpleRNN(3)(hidden)).save(tmp_path / "model.keras")
    with pytest.raises(OptionError, match="has 2 recurrent layers; expected a model"):
        trained.load(tmp_path / "model.keras")
