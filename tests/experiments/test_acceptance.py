"""Every preset means what it meant before experiments/ was made anew.

`presets.json` was written by the code of then: for each script and family, its options
with their defaults, and what every preset changed. Rows whose stair is left open were
given `expn`.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from experiments import recipes
from experiments.core.command import composed
from experiments.core.legacy import FAMILIES, as_before
from experiments.core.parts import presets_of, recipes_of, scripts

BEFORE = json.loads(Path(__file__).with_name("presets.json").read_text("utf-8"))
# Where a run leaves its results, and where its settings come from.
LEFT_OUT = {"preset", "quick", "out", "resume", "json"}


def recipe_of(script, family, preset):
    """The recipe that now has a preset of a family."""
    (found,) = (
        recipe
        for recipe in recipes_of(script)
        if FAMILIES[recipe] == family
        and preset in presets_of(script, recipe)
        and (preset not in ("demo", "script") or recipe != "gamma")
    )
    return found


@pytest.mark.parametrize("key", BEFORE)
def test_every_preset_has_the_settings_that_it_had(key):
    script, family = key.split("/")
    before = BEFORE[key]
    for preset, changes in before["presets"].items():
        program = composed(
            script, recipe_of(script, family, preset), {"preset": preset}
        )
        now = json.loads(json.dumps(as_before(program)))
        expected = {**before["defaults"], **changes}
        differing = {
            name: (value, now.get(name))
            for name, value in expected.items()
            if name not in LEFT_OUT and now.get(name) != value
        }
        assert differing == {}, preset
        assert now.keys() <= expected.keys(), preset


def test_all_of_the_presets_are_there():
    assert sum(len(each["presets"]) for each in BEFORE.values()) == 615
    assert recipes.script


@pytest.mark.parametrize("script", scripts())
def test_every_preset_makes_a_program_also_when_quick(script):
    for recipe in recipes_of(script):
        for preset in presets_of(script, recipe):
            composed(script, recipe, {"preset": preset, "quick": True})


def test_presets_are_listed_with_their_results_without_tensorflow():
    code = (
        "import sys; from experiments.__main__ import main; code = main(['presets', "
        "'doc/*']); assert 'tensorflow' not in sys.modules; raise SystemExit(code)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=True,
    ).stdout.splitlines()
    assert len(told) == 30
    (row,) = (line for line in told if "doc/nnRNN-1024-bptt150 " in line)
    assert "units=1024" in row
    assert "published: 1.40 ± 0.003 bits per character" in row
