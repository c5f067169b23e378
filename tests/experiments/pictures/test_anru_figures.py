"""Row A34: how an ANRU follows drives, R5 and R8 to R12."""

import re

import numpy as np
import pytest

from experiments.figures import _runs
from keras_nonnormal.analysis import (
    ANRUWeights,
    StepProtocol,
    anru_responses,
    frac_order,
    gain_scaling_fit,
    gamma_lyapunov_spectrum,
)
from tests.experiments.pictures.drawing import PNG, columns, draw, refusal

pytestmark = pytest.mark.usefixtures("uncompiled_file")

FEW = ("--drives", "0.5", "5", "10", "--repeats=2")


@pytest.fixture(scope="module")
def weights(adaptive_runs):
    return ANRUWeights.of(_runs.load(adaptive_runs / "ANRU/model.keras")[1])


def numbers(file):
    return {name: np.array(column) for name, column in columns(file).items()}


def test_signals_are_means_over_neurons(adaptive_runs, weights, drawn, tmp_path):  # R8
    run = adaptive_runs / "ANRU"
    assert draw("signals", run, *FEW, "--steps=300", out=tmp_path) == 0
    assert (tmp_path / "signals-ANRU.png").read_bytes().startswith(PNG)
    expected = anru_responses(
        weights, [0.5, 5.0, 10.0], steps=300, drive=(102, 201), repeats=2
    )
    gains = expected.gains.mean(axis=(1, 3))
    left, right, _ = drawn[0].axes
    for line, values in zip(left.get_lines(), gains, strict=True):
        np.testing.assert_allclose(line.get_ydata(), values)
    (shade,) = right.patches
    assert (shade.get_x(), shade.get_width()) == (101.5, 100)
    assert left.get_title(loc="left") == "copy: ANRU 6"
    table = numbers(tmp_path / "signals-ANRU.csv")
    assert len(table["t"]) == 900
    np.testing.assert_allclose(table["n"].astype(float), gains.ravel())


def test_shapes_follow_a_drive_among_lines(adaptive_runs, weights, drawn, tmp_path):
    """Row A34, R11."""
    run = adaptive_runs / "ANRU"
    assert draw("linearisation", run, *FEW, "--inputs", "0", "-1", out=tmp_path) == 0
    assert (tmp_path / "linearisation-ANRU.png").read_bytes().startswith(PNG)
    found = anru_responses(weights, [0.5, 5.0, 10.0], repeats=2)
    path = drawn[0].axes[0].get_lines()[0].get_xydata()
    np.testing.assert_allclose(path[:, 0], found.gains[0].mean(axis=(0, 2)))
    np.testing.assert_allclose(path[:, 1], found.saturations[0].mean(axis=(0, 2)))


def test_controllers_have_their_components(adaptive_runs, weights, drawn, tmp_path):
    """Row A34, R12."""
    run = adaptive_runs / "ANRU"
    assert draw("controller", run, *FEW, out=tmp_path) == 0
    assert (tmp_path / "controller-ANRU.png").read_bytes().startswith(PNG)
    states = anru_responses(weights, [0.5, 5.0, 10.0], repeats=2).controllers
    flat = states.reshape(-1, 3) - states.reshape(-1, 3).mean(axis=0)
    scale = np.linalg.svd(flat, compute_uv=False)
    axes = drawn[0].axes[0]
    drawn_states = np.concatenate([line.get_xydata() for line in axes.get_lines()[::3]])
    np.testing.assert_allclose(np.linalg.norm(drawn_states, axis=0), scale[:2])
    share = scale[0] ** 2 / (scale**2).sum()
    assert axes.get_xlabel() == f"first component, {share:.0%} of the variance"


@pytest.mark.parametrize("of", ["noise", "drive"])
def test_gains_scale_with_noise_or_drive(  # Row A34, R9
    adaptive_runs, weights, drawn, tmp_path, capsys, of
):
    run = adaptive_runs / "ANRU"
    levels = [0.5, 1.0, 2.0, 4.0]
    few = ("--of", of, "--drives", *map(str, levels), "--repeats=2")
    assert draw("gain-scaling", run, *few, out=tmp_path) == 0
    assert (tmp_path / "gain-scaling-ANRU.png").read_bytes().startswith(PNG)
    if of == "noise":
        found = anru_responses(
            weights, [0.0] * 4, steps=200, drive=None, noise=levels, repeats=2
        )
    else:
        found = anru_responses(weights, levels, steps=200, drive=(102, 200), repeats=2)
    gains = found.gains[:, :, 110:].mean(axis=(1, 2, 3))
    table = numbers(tmp_path / "gain-scaling-ANRU.csv")
    np.testing.assert_array_equal(table[of].astype(float), levels)
    np.testing.assert_allclose(table["n"].astype(float), gains)
    left, _ = drawn[0].axes
    assert left.get_xlabel() == {"noise": "noise level ξ", "drive": "drive ξ"}[of]
    fit = gain_scaling_fit(levels, gains)
    line = left.get_lines()[-1]
    np.testing.assert_allclose(line.get_ydata(), fit(line.get_xdata()), rtol=1e-6)
    said = capsys.readouterr().out
    found_a = re.search(r"ANRU 6: n = a xi\^-b \+ c: a = (.*?),", said)
    assert found_a
    assert float(found_a[1]) == pytest.approx(fit.a, rel=0.01)


def test_orders_are_of_all_and_of_each(adaptive_runs, weights, drawn, tmp_path):  # R10
    run = adaptive_runs / "ANRU"
    assert draw("order", run, *FEW, "--baseline=0", out=tmp_path) == 0
    assert (tmp_path / "order-ANRU.png").read_bytes().startswith(PNG)
    sizes = [0.5, 5.0, 10.0]
    protocol = StepProtocol.of_length(150, 0.0)
    means = anru_responses(weights, sizes, repeats=2).states.mean(axis=(1, 3))
    found = frac_order(means, sizes, np.linspace(0, 1, 1001), protocol)
    answers, curves, _, density, _ = drawn[0].axes
    np.testing.assert_allclose(answers.get_lines()[1].get_ydata(), means[1])
    np.testing.assert_allclose(curves.get_lines()[0].get_ydata(), found.scores[0])
    alone = anru_responses(weights.isolated(), sizes, repeats=2).states.mean(axis=1)[-1]
    each = frac_order(alone.T, 10.0, np.linspace(-1, 1, 100), protocol).each
    table = numbers(tmp_path / "order-ANRU.csv")
    isolated = np.char.startswith(table["of"], "isolated")
    np.testing.assert_allclose(table["order"][isolated].astype(float), each)
    assert float(table["order"][0]) == found.pooled
    said = [text.get_text() for text in density.get_legend().get_texts()]
    assert said[1].replace("−", "-") == f"isolated: mean {each.mean():.3f}"


def test_exponents_are_of_the_shapes_under_a_drive(  # Row A34, R5
    adaptive_runs, weights, drawn, tmp_path
):
    run = adaptive_runs / "ANRU"
    few = ("--drives", "1", "5", "--exponent-steps=20")
    assert draw("driven-lyapunov", run, *few, out=tmp_path) == 0
    assert (tmp_path / "driven-lyapunov-ANRU.png").read_bytes().startswith(PNG)
    found = anru_responses(weights, [0.0, 5.0], steps=351, drive=(201, 350), repeats=1)
    table = numbers(tmp_path / "driven-lyapunov-ANRU.csv")
    for way, number in (("fixed", 0), ("adaptive", 1)):
        at = (number, 0, 300)
        expected = gamma_lyapunov_spectrum(
            weights.matrix,
            found.gains[at],
            found.saturations[at],
            found.states[at],
            steps=20,
            count=1,
            seed=1,
        )
        row = table["shape"] == way
        row &= (table["drive"] == "5.0") & (table["steps since onset"] == "100")
        assert row.sum() == 1
        np.testing.assert_allclose(
            table["exponent"][row].astype(float), expected.exponents
        )
    assert len(drawn[0].axes[0].get_lines()) >= 4


def test_other_networks_follow_no_drive(adaptive_runs, capsys, tmp_path):
    out = tmp_path / "figures"
    for command in ("signals", "order", "driven-lyapunov"):
        line = refusal(capsys, command, adaptive_runs / "LSTM", out=out)
        assert "is of a FusedLSTM, whose shape follows no drive" in line
    line = refusal(capsys, "gain-scaling", adaptive_runs / "ANRU", *FEW[:3], out=out)
    assert "--drives: a fit needs three different levels above 0" in line
    line = refusal(capsys, "signals", "x", "--steps=200", out=out)
    assert "--steps: expected one of 150, 300, received '200'" in line
