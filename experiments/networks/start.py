"""The simple recurrent network started in four ways: Orhan and Pitkow (2020)."""

from dataclasses import dataclass

from experiments.core.options import option
from experiments.core.parts import Network


@dataclass(frozen=True)
class Gain:
    """The free gain of a start: its default, its range, the values searched."""

    default: float
    high: float
    grid: tuple[float, ...]
    meaning: str


NORMAL_GRID = (0.01, 0.96, 0.99, 1.0, 1.01, 1.02, 1.03, 1.04, 1.05)
# Upper limits are where nothing can be trained any more: the state of a chain of 100
# units at gain 2 grows by 2^99; the spectral radius of fbchain passes 1 at 0.2528.
GAINS = {
    "chain": Gain(
        1.02, 2.0, (0.99, 1.0, 1.01, 1.02, 1.03, 1.04, 1.05), "weight along the chain"
    ),
    "fbchain": Gain(
        0.04, 0.25, (0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07), "feedback weight"
    ),
    "orthogonal": Gain(1.0, 2.0, NORMAL_GRID, "scale of the matrix"),
    "identity": Gain(1.0, 2.0, NORMAL_GRID, "scale of the matrix"),
}


@dataclass(frozen=True)
class StartedNetwork(Network):
    """A simple recurrent network whose recurrent matrix starts as a chain, or not."""

    names, recipes = ("start",), ("starts",)

    init: str = option("chain", "start of the recurrent matrix", choices=GAINS)
    init_scale: float | None = option(
        None,
        "free gain of the start; default: "
        + ", ".join(f"{gain.default} for {name}" for name, gain in GAINS.items()),
        above=0,
    )
    units: int = option(100, "recurrent units", low=1, alias=("hidden_units", "nhid"))

    def __post_init__(self):
        super().__post_init__()
        gain = GAINS[self.init]
        self.fill(init_scale=gain.default)  # so that config.json says which it was
        self.refuse_if(
            self.init_scale > gain.high,
            "init_scale",
            f"the gain of {self.init} is its {gain.meaning}, expected at most "
            f"{gain.high:g} (published: {gain.grid[0]:g} to {gain.grid[-1]:g})",
        )

    def words(self, program):
        return [self.init, f"gain {self.init_scale:g}"]

    def label(self, program):
        return self.init

    def parameters(self, program, task):
        if task is None:
            return None
        units, outputs = self.units, task.output_width
        return units * (task.input_width + units + 1) + (units + 1) * outputs

    def model(self, program, task):
        from keras_nonnormal.training import simple_recurrent_network

        return simple_recurrent_network(
            task,
            self.units,
            activation=program.task.activation,
            init=self.init,
            init_scale=self.init_scale,
            seed=program.run.seed,
        )
