"""Results that the papers of single networks have in settings of their own."""

import csv

from experiments.core.parts import TABLES, network_names, scripts


def test_every_row_is_of_a_network_and_says_its_setting_and_source():
    with open(TABLES / "literature.csv", newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert rows
    for row in rows:
        assert row["net_type"] in network_names()
        assert row["script"] in scripts()
        assert int(row["units"]) > 0
        assert all(row[name].strip() for name in ("result", "setting", "source"))
