"""How tests run the experiments on networks, and read what they leave."""

import csv
import json

import keras

# Not compiled: that takes longer than these trainings.
QUIET = ["--no-tensorboard", "--nhid=8", "--no-jit"]
COPY = [*QUIET, "--T=5", "--c-length=2", "--onehot", "--batch=4", "--log-interval=10"]


def run(script, *arguments):
    """Runs a script as a function; returns its folder's summary and rows."""
    assert script.main(list(map(str, arguments))) == 0
    return result(arguments[-1])


def result(folder):
    return read(folder / "summary.json"), table(folder / "metrics.csv")


def read(file):
    return json.loads(file.read_text())


def table(file):
    with open(file, newline="") as lines:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(lines)]


def weights(folder):
    return keras.saving.load_model(folder / "model.keras").get_weights()
