"""The report of a grid whose outcomes are made up."""

import json
import math
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from experiments import report
from experiments.core.legacy import as_before
from experiments.sweeps.grids import axes_of, grid_of
from experiments.sweeps.plan import planned
from experiments.sweeps.studies import (
    best_of,
    layout_of,
    map_of,
    settings_by_group,
    studies_of,
)

TRIVIAL = 10 * math.log(8) / 500
EPOCHS = 3


def loss(options):
    """The chain learns, best at gain 1.02 and rate 5e-5; others do not."""
    if options["init"] != "chain":
        return TRIVIAL
    away = abs(math.log(options["learning_rate"] / 5e-5)) + 20 * abs(
        options["init_scale"] - 1.02
    )
    return TRIVIAL * min(1.0, 0.1 + 0.01 * options["seed"] + 0.3 * away)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Runs of three seeds; one rate at which all diverge, and one unfinished run."""
    out = tmp_path_factory.mktemp("sweep")
    grid = grid_of("starts/copy")
    only = axes_of(["seed=1..3", "init=chain,orthogonal", "lr=5e-5,1e-4,8e-4"])
    for run in planned(grid, out, only):
        write(run)
    (unfinished,) = planned(grid_of("copy"), out)
    write(unfinished, finished=False)
    return out


def write(run, finished=True):
    run.directory.mkdir()
    options = as_before(run.program)  # as earlier versions wrote it
    config = {"experiment": "copy", "family": "starts", "options": options}
    (run.directory / "config.json").write_text(json.dumps(config))
    if not finished:
        return
    lowest = loss(run.options)
    summary = {
        "trivial_loss": TRIVIAL,
        "success_loss": TRIVIAL / 2,
        "success": lowest < TRIVIAL / 2,
        "epochs": EPOCHS,
        "best": {"epoch": EPOCHS, "val_loss": lowest},
        "published": {"setting": "T = 500", "chain": "46 of 462 runs"},
    }
    rows = [f"{epoch},{lowest + EPOCHS - epoch}" for epoch in range(1, EPOCHS + 1)]
    if run.options["learning_rate"] == 8e-4:
        summary = {"outcome": "diverged", "best": None, "epochs": 0, "success": False}
    else:
        (run.directory / "metrics.csv").write_text("\n".join(["epoch,val_loss", *rows]))
    (run.directory / "summary.json").write_text(json.dumps(summary))


@pytest.fixture(scope="module")
def study(folder):
    (study,) = studies_of([str(folder)])
    return study


def test_groups_and_axes_are_those_that_vary(study):
    layout = layout_of(study)
    assert (layout.group, layout.across, layout.up) == (
        "init",
        "learning_rate",
        "init_scale",
    )
    assert (len(study.records), study.unfinished) == (3 * 3 * (7 + 9), 1)


def test_the_best_setting_is_that_of_the_lowest_mean_over_seeds(study):
    settings = settings_by_group(study, layout_of(study))
    best = best_of(settings["chain"])
    assert best.options == {"init_scale": 1.02, "learning_rate": 5e-5}
    assert best.lowest.mean == pytest.approx(0.12 * TRIVIAL)
    assert best.lowest.deviation == pytest.approx(0.01 * TRIVIAL)
    assert best.lowest.count == 3
    assert [len(curve) for curve in best.curves()] == [EPOCHS] * 3
    assert list(settings) == ["chain", "orthogonal"]


def test_settings_at_which_all_runs_diverge_are_no_best_and_white(study):
    layout = layout_of(study)
    settings = settings_by_group(study, layout)["orthogonal"]
    assert best_of(settings).options["learning_rate"] != 8e-4
    values = map_of(settings, layout)
    assert {x for (x, _), value in values.items() if math.isinf(value)} == {8e-4}


@pytest.fixture(scope="module")
def written(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("report")
    assert report.main([str(folder), "--out", str(out)]) == 0
    return out


def test_the_report_counts_successes_beside_the_published_ones(written):
    text = (written / "report.html").read_text()
    row = re.search(r"<tr><td>chain</td>(.*?)</tr>", text)[1]
    cells = re.findall(r"<td>(.*?)</td>", row)
    good = sum(
        loss({"init": "chain", "init_scale": gain, "learning_rate": lr, "seed": seed})
        < TRIVIAL / 2
        for gain in (0.99, 1.0, 1.01, 1.02, 1.03, 1.04, 1.05)
        for lr in (5e-5, 1e-4)
        for seed in (1, 2, 3)
    )
    assert 0 < good < 63
    assert cells == ["63", str(good), f"{good / 63:.1%}", "46 of 462 runs"]
    assert "144 runs are over, 48 of them diverged, 1 are not finished." in text
    for name in ("copy-curves.png", "copy-map.png"):
        assert (written / name).read_bytes().startswith(b"\x89PNG")


def test_the_page_refers_to_nothing_outside_itself(written):
    text = (written / "report.html").read_text()
    sources = re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?([^"' >)]{5})""", text)
    assert sources == ["data:"] * 2
    assert "http" not in text


def test_a_browser_opens_the_page_offline(written, tmp_path):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("there is no Chromium")
    page = Path(written, "report.html")
    probe = tmp_path / "probe.html"  # what the browser made of pictures and of a click
    probe.write_text(
        page.read_text() + "<script>document.querySelector('table.sorted th').click();"
        "document.title = [...document.images].map(i => i.naturalWidth > 0) + '|' +"
        "[...document.querySelector('table.sorted tbody').rows]"
        ".map(r => r.cells[0].textContent)</script>"
    )
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=500"]
    flags += ["--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={tmp_path}/p"]
    shown = subprocess.run(
        [browser, *flags, "--dump-dom", probe.as_uri()],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert 'data-ready=""' in shown.stdout
    assert "<title>true,true|chain,orthogonal</title>" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "nowhere is no folder"),
        ([str(Path(__file__).parent)], "holds no run directory"),
    ],
)
def test_what_is_no_run_is_one_line_and_code_2(arguments, said, capsys):
    with pytest.raises(SystemExit, match="2"):
        report.main(arguments)
    error = capsys.readouterr().err
    assert error.startswith("report.py: error: ")
    assert said in error


def test_an_option_in_which_runs_do_not_differ_is_refused(folder, capsys):
    with pytest.raises(SystemExit, match="2"):
        report.main([str(folder), "--by", "T"])
    assert "expected an option in which the runs of copy differ" in (
        capsys.readouterr().err
    )


def test_language_models_are_shown_beside_the_published_ones(tmp_path, capsys):
    """Fault 2: two seeds of one model are one mean, wherever they were trained."""
    only = {"seed": ["1", "2"]}
    grid = grid_of("language_model").along({"preset": ["paper/ptb-char-rnn-chain"]})
    for run, place in zip(
        planned(grid.along(only), tmp_path), ("none", "mirrored"), strict=True
    ):
        run.directory.mkdir()
        options = {**as_before(run.program), "strategy": place}
        config = {"experiment": "language_model", "family": "language"}
        (run.directory / "config.json").write_text(
            json.dumps({**config, "options": options})
        )
        bits = 1.25 if place == "none" else 1.75
        summary = {
            "best": {"val_loss": bits},
            "test": {"loss": bits, "bits_per_character": bits},
            "epochs": 2,
            "published": {"setting": "Table 1", "chain": "1.308 ± 0.001"},
        }
        (run.directory / "summary.json").write_text(json.dumps(summary))
        (run.directory / "metrics.csv").write_text("epoch,val_loss\n1,2\n2,1\n")
    assert report.main([str(tmp_path), "--out", str(tmp_path / "report")]) == 0
    said = capsys.readouterr().out
    assert "1.5000 ± 0.3536 (n = 2)" in said
    assert "1.308 ± 0.001" in said
