"""Results that the papers of single networks have in settings of their own."""

import pytest

from experiments.core.parts import network_names, scripts
from experiments.core.program import read_values
from experiments.published import literature
from tests.experiments.settings import made

ROWS = literature.literature()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["options"].split()[0])
def test_every_row_is_of_a_network_and_says_its_setting_and_source(row):
    assert row["script"] in scripts()
    pairs = dict(pair.split("=") for pair in row["options"].split())
    values = read_values(row["script"], "gamma", pairs)
    assert values["net_type"] in network_names()
    assert values["units"] > 0
    assert all(row[name].strip() for name in ("result", "setting", "source"))


def test_a_result_is_shown_in_its_own_setting_alone(monkeypatch):
    options = {"net_type": "CoRNN", "units": 8, "damping": 3}
    text = " ".join(f"{name}={value}" for name, value in options.items())
    row = {"script": "copy", "options": text, "beyond": "", "result": "0.1"}
    monkeypatch.setattr(literature, "literature", lambda: (row,))
    program = made("copy", **options).program
    assert literature.published_alone(program) == "0.1"
    assert literature.published_alone(program.changed(damping=2)) == ""
    assert literature.published_alone(program.changed(net_type="LEM")) == ""
    row["beyond"] = "a schedule of the learning rate"
    assert literature.published_alone(program) == ""


def test_nothing_is_shown_that_needs_more_than_there_are_options_for():
    for row in ROWS:
        pairs = dict(pair.split("=") for pair in row["options"].split())
        program = made(row["script"], **pairs).program
        shown = literature.published_alone(program)
        assert shown == ("" if row["beyond"] else row["result"])
