"""The registry of layers has an entry for every layer and cell that is exported."""

import inspect

import keras
import pytest

from keras_nonnormal import layers
from tests.layers.registry import CELLS, OTHERS, RECURRENT

EXPORTED = {
    kind for name in layers.__all__ if inspect.isclass(kind := getattr(layers, name))
}


def kinds(entries):
    return {entry.kind for entry in entries.values()}


def test_every_recurrent_layer_has_an_entry():
    recurrent = {kind for kind in EXPORTED if issubclass(kind, keras.layers.RNN)}
    assert recurrent == kinds(RECURRENT)


def test_every_cell_has_an_entry():
    cells = {kind for kind in EXPORTED if hasattr(kind, "get_initial_state")}
    cells -= {kind for kind in cells if issubclass(kind, keras.layers.RNN)}
    assert cells == kinds(CELLS)


def test_every_other_layer_has_an_entry():
    assert EXPORTED - kinds(RECURRENT) - kinds(CELLS) == kinds(OTHERS)


@pytest.mark.parametrize("name", RECURRENT)
def test_entries_build_layers_that_take_the_arguments_of_the_loop(name):
    entry = RECURRENT[name]
    layer = entry.make(return_sequences=True, return_state=True, dtype="float32")
    layer.build((2, 3, entry.features))
    assert type(layer) is entry.kind
    assert layer.return_state
    assert layer.fusible is entry.fused


@pytest.mark.parametrize("name", CELLS)
def test_entries_build_cells(name):
    entry = CELLS[name]
    rnn = keras.layers.RNN(entry.make(dtype="float32"))
    rnn.build((2, 3, entry.features))
    assert type(rnn.cell) is entry.kind
