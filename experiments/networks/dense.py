"""Deep feed-forward networks: Herranz-Celotti and Rouat (2023), figure 2."""

from dataclasses import dataclass
from typing import Any

from experiments.core.options import option
from experiments.core.parts import Network

ACTIVATIONS = ("cos", "relu", "sin")


@dataclass(frozen=True)
class DenseNetwork(Network):
    """Dense layers, each with a nonlinearity behind it, and a linear read-out."""

    names, recipes, scripts = ("dense",), ("lsc",), ("ffn",)

    activation: str = option(
        "relu", "of every hidden layer", choices=ACTIVATIONS, alias="net"
    )
    init: str = option(
        "glorot",
        "start of the matrices: normal numbers, of Glorot's or He's variance",
        choices=("glorot", "he"),
    )
    depth: int = option(30, "hidden layers", low=1, alias="layers")
    width: int = option(128, "units of each", low=1)

    def settled(self, program):
        recipe = program.recipe
        recipe.refuse_if(
            recipe.goals == "unbalanced" or "rec" in str(recipe.goals),
            "target",
            "nothing recurs here, expected a radius, auto, or one for each kind such "
            "as enc=1,depth=0.9",
        )
        return self

    def words(self, program):
        layers = f"{self.depth} layers of {self.width} units"
        return [layers, self.activation, self.init, program.recipe.stability]

    def label(self, program):
        words = (program.task.dataset, self.activation, self.init)
        return "-".join([*words, program.recipe.pretrain])

    def parameters(self, program, task):
        pixels, classes = program.task.widths.values()
        return count_parameters(pixels, classes, self.depth, self.width)

    def model(self, program, task):
        import keras

        from keras_nonnormal.activations import cos, sin

        start: Any = f"{self.init}_normal"
        hidden = inputs = keras.Input((task.input_width,), name="pixels")
        function: Any = {"sin": sin, "cos": cos}.get(self.activation, "relu")
        for number in range(self.depth):
            layer = keras.layers.Dense(
                self.width, kernel_initializer=start, name=f"dense_{number}"
            )
            name = f"activation_{number}"
            hidden = keras.layers.Activation(function, name=name)(layer(hidden))
        readout = keras.layers.Dense(
            task.output_width, kernel_initializer=start, name="readout"
        )
        name = f"{program.task.dataset}_{self.activation}"
        return keras.Model(inputs, readout(hidden), name=name)


def count_parameters(features: int, classes: int, depth: int, width: int) -> int:
    """Trainable parameters of `depth` dense layers and a read-out.

    Example:

    >>> count_parameters(784, 10, depth=30, width=128)
    580618
    """
    hidden = (depth - 1) * (width * width + width)
    return features * width + width + hidden + width * classes + classes
