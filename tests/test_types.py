"""Arguments of the recurrent layers, as type checkers and run time know them."""

import inspect
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from keras_nonnormal import layers
from keras_nonnormal.layers.arguments import parameters_of
from tests.layers.registry import CELLS, RECURRENT

ROOT = Path(__file__).parents[1]
KINDS = sorted({e.kind for e in RECURRENT.values()}, key=lambda kind: kind.__name__)
GOOD = """
layers.ExpRNN(8, activation=keras.layers.PReLU(), return_sequences=True, name="a")
layers.ExpRNN(8, "tanh", True, Chain(), go_backwards=True, stateful=True, dtype="half")
layers.NNRNN(8, stair="n2", reset_step=True, unroll=True, fused=False, seed=1)
layers.StairRNN(8, Stair("alpha", max_steps=9), "exp", orthogonal_map="cayley")
layers.ParametrizedRNN(8, Free(), "modrelu", use_bias=False, kernel_regularizer="l2")
layers.FusedSimpleRNN(8, "elu", recurrent_initializer=Chain(), fused="auto")
layers.FusedLSTM(8, weight_dropout=0.5, unit_forget_bias=False, return_state=True)
layers.LRU(8, scan="associative", trainable=False, zero_output_for_mask=True)
"""
BAD = """
layers.ExpRNN(8, actvation="tanh")
layers.ExpRNN("8")
layers.ExpRNN(8, return_sequences="yes")
layers.ExpRNN(8, fused="never")
layers.ExpRNN(8, recurrent_initializer="zeros")
layers.LRU(8, stair="n2")
layers.FusedGRU(8, unit_forget_bias=True)
layers.ALIF(8, use_bias=True)
"""


def lines_of(text):
    return text.strip().splitlines()


def call(kind, parameters, **more):
    """A call with a value of any type for each parameter, as text."""
    named = [f"{p.name}=anything" for p in parameters]
    named += [f"{name}={value}" for name, value in more.items()]
    return f"layers.{kind.__name__}({', '.join(named)})"


def required(kind):
    return [p for p in parameters_of(kind) if p.default is inspect.Parameter.empty]


PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
CHECKER = shutil.which("pyright", path=PATH)


@pytest.mark.skipif(CHECKER is None, reason="needs pyright")
def test_type_checkers_know_the_arguments_of_every_recurrent_layer(tmp_path):
    good = lines_of(GOOD) + [call(kind, parameters_of(kind)) for kind in KINDS]
    bad = lines_of(BAD) + [call(kind, required(kind), untis=8) for kind in KINDS]
    head = """
import sys
from typing import Any

import keras

from keras_nonnormal import Chain, Stair, layers
from keras_nonnormal.parametrizations import Free

anything: Any = 8
"""
    before = len(head.splitlines())
    file = tmp_path / "calls.py"
    file.write_text(head + "\n".join(good + bad) + "\n", "utf-8")
    settings = {"extraPaths": [str(ROOT)], "include": [str(file)]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings), "utf-8")
    command = [CHECKER, "--outputjson", "--pythonpath", sys.executable, "-p", tmp_path]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if not answer.stdout.startswith("{"):  # it may have to be fetched first
        pytest.skip(f"pyright does not start: {answer.stderr.strip()[-100:]}")
    found = json.loads(answer.stdout)["generalDiagnostics"]
    refused = {each["range"]["start"]["line"] - before for each in found}
    calls = good + bad
    assert [calls[i] for i in range(len(calls)) if i in refused] == bad, found


@pytest.mark.parametrize("name", RECURRENT)
def test_configurations_hold_arguments_that_are_known(name):
    entry = RECURRENT[name]
    known = {p.name for p in parameters_of(entry.kind)}
    assert set(entry.make().get_config()) <= known


@pytest.mark.parametrize("name", CELLS)
def test_cells_know_the_arguments_of_their_configuration(name):
    entry = CELLS[name]
    parameters = parameters_of(entry.kind)
    if parameters[-1].kind is not inspect.Parameter.VAR_KEYWORD:
        assert set(entry.make().get_config()) <= {p.name for p in parameters}


@pytest.mark.parametrize("kind", ["SimpleRNN", "LSTM", "GRU"])
def test_fused_layers_know_all_arguments_of_kerass(kind):
    keras_layer, ours = getattr(keras.layers, kind), getattr(layers, f"Fused{kind}")
    known = {p.name for p in parameters_of(ours)}
    for base in (keras_layer, keras.layers.RNN, keras.layers.Layer):
        assert {p.name for p in parameters_of(base)} - {"cell", "kwargs"} <= known


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_unknown_arguments_are_refused_with_the_nearest_one(kind):
    for wrong, meant in (("retrun_sequences", "return_sequences"), ("fusd", "fused")):
        words = f"^{kind.__name__} has no argument `{wrong}`: expected `{meant}`"
        with pytest.raises(ValueError, match=words) as refused:
            kind(**{p.name: 8 for p in required(kind)}, **{wrong: True})
        assert "\n" not in str(refused.value)


def test_help_shows_the_arguments_of_every_recurrent_layer():
    for kind in KINDS:
        shown = inspect.signature(kind).parameters
        assert shown["fused"].default == "auto"
        assert {"return_sequences", "dtype"} <= shown.keys()
        assert "Ellipsis" not in str(inspect.signature(kind))


def test_classes_of_users_may_take_any_argument():
    class Mine(layers.ExpRNN):
        def __init__(self, units, mine=3, **kwargs):
            super().__init__(units, **kwargs)
            self.mine = mine

    assert Mine(4, mine=5, use_bias=True).mine == 5
    with pytest.raises(ValueError, match="Unrecognized keyword arguments"):
        Mine(4, other=3)
