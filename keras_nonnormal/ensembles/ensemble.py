from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_nonnormal._model_graph import check_model, run_graph
from keras_nonnormal.ensembles.stacked_layers import as_array, stacked_call


class Ensemble:
    """Networks of one shape that run together, as products of stacks of matrices.

    Each of them computes what it would alone, from inputs and weights of its own. Their
    weights are copied into variables with an axis of members in front, from where
    `write_back` brings them home.

    Args:
        networks: Built Sequential or functional models with one input and one output,
            that differ in the values of their weights alone. They may consist of
            `FusedSimpleRNN`, `FusedLSTM`, `ExpRNN` and the like, `Dense` and
            `Activation`.

    Attributes:
        variables: The trainable variables, `(members, ...)` each, in the order of those
            of a network.

    Raises:
        ValueError: If there are no networks, if they differ, or if a layer cannot run
            as one of many.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal import FusedSimpleRNN
    >>> def network():
    ...     layers = FusedSimpleRNN(8), keras.layers.Dense(2)
    ...     return keras.Sequential([keras.Input((5, 3)), *layers])
    >>> ensemble = Ensemble([network() for _ in range(4)])
    >>> tuple(ensemble(np.zeros((4, 16, 5, 3), "float32")).shape)
    (4, 16, 2)
    """

    def __init__(self, networks: Sequence[keras.Model]):
        if not networks:
            raise ValueError("Expected at least one network. Received none")
        for network in networks:
            check_model(network)
        self.networks = list(networks)
        self._template: Any = networks[0]
        shapes = [_shapes(network) for network in networks]
        for network, shape in zip(networks, shapes, strict=True):
            if shape != shapes[0]:
                raise ValueError(
                    f"Expected networks of one shape. Model '{network.name}' differs "
                    f"from '{self._template.name}'"
                )
        if self._template.losses:
            raise ValueError(
                f"Model '{self._template.name}' has penalties, such as regularizers "
                "add. Expected networks without"
            )
        self._calls: dict[int, Any] = {}
        run_graph(self._template, list(self._template.inputs), self._prepare)
        self.variables = [
            keras.Variable(np.stack(values), name=variable.name)
            for variable, *values in zip(
                self._template.trainable_variables,
                *([as_array(v) for v in n.trainable_variables] for n in networks),
                strict=True,
            )
        ]

    def __len__(self):
        return len(self.networks)

    def __call__(self, inputs: Any) -> Any:
        """The outputs of all networks, `(members, batch, ...)`.

        Args:
            inputs: Tensor `(members, batch, ...)`.
        """
        inputs = ops.convert_to_tensor(inputs)
        known = self._template.inputs[0].shape[1:]
        if None not in known:  # what comes from a data set may know less
            inputs = ops.reshape(inputs, (*ops.shape(inputs)[:2], *known))
        with self._values(lambda stack: stack):
            return run_graph(self._template, inputs, self._call)

    def write_back(self, member: int | None = None) -> None:
        """Gives the networks, or a single one, the weights that they have here."""
        chosen = range(len(self)) if member is None else (member,)
        stacks = [as_array(stack) for stack in self.variables]
        for index in chosen:
            variables = self.networks[index].trainable_variables
            for variable, stack in zip(variables, stacks, strict=True):
                variable.assign(stack[index])

    def _values(self, part):
        """A scope in which the variables of a network have one member's values."""
        scope = keras.StatelessScope()
        pairs = zip(self._template.trainable_variables, self.variables, strict=True)
        # Not through the constructor: a stack is larger than what it stands for.
        scope.state_mapping.update(
            {id(variable): part(stack.value) for variable, stack in pairs}
        )
        return scope

    def _by_member(self, function):
        results = []
        for member in range(len(self)):
            with self._values(lambda stack, member=member: stack[member]):
                results.append(function())
        return ops.stack(results)

    def _prepare(self, layer, *args, **kwargs):
        self._calls[id(layer)] = stacked_call(layer, self._by_member)
        return layer(*args, **kwargs)

    def _call(self, layer, *args, **kwargs):
        return self._calls[id(layer)](args[0])


def _shapes(network: Any) -> list:
    layers = [type(layer).__name__ for layer in network._flatten_layers()]
    return [layers, *((v.name, tuple(v.shape)) for v in network.trainable_variables)]
