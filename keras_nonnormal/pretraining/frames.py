"""A deep recurrent Keras model one time step at a time, and its transitions."""

import contextlib
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_nonnormal._model_graph import check_model, run_graph
from keras_nonnormal.pretraining import (  # noqa: F401 - registers
    cell_dynamics,
    gated_dynamics,
    graph,
)
from keras_nonnormal.pretraining.dynamics import Dynamics, dynamics_of, scale
from keras_nonnormal.pretraining.transition import Transition, sample_width
from keras_nonnormal.pretraining.variables import is_movable


@dataclass(frozen=True)
class Stage:
    """A recurrent cell of the model, and what of it the transitions need."""

    name: str
    cell: Any
    dynamics: Dynamics
    below: graph.Sources


class FrameStack:
    """A recurrent model, frame by frame.

    Args:
        model: A built Sequential or functional model with recurrent layers.
        sources: Of `"depth"` and `"dec"`: `"states"` takes every state of the lower
            layer as an independent source, as was published; `"output"` its output.
        most_outputs: `"dec"` is left out where there are more outputs per time step.

    Raises:
        ValueError: If the model is unbuilt, of a kind that cannot be looked into, or
            has no recurrent layer.
    """

    recurrent = True
    batch_size = 32  # by default

    def __init__(self, model, sources: str = "states", most_outputs: int = 100):
        check_model(model)
        self.model = model
        self.sources = sources
        stages, below, top = graph.trace_sources(model, len(model.inputs))
        if not stages:
            raise ValueError(
                f"Expected a model with recurrent layers. Received: '{model.name}'"
            )
        names = _unique([layer.name for layer, _ in stages])
        for name, (_, cell) in zip(names, stages, strict=True):
            _check_states(name, cell)
        self.stages = [
            Stage(name, cell, dynamics_of(cell), source)
            for name, (_, cell), source in zip(names, stages, below, strict=True)
        ]
        self._index = {id(stage.cell): i for i, stage in enumerate(self.stages)}
        self.readouts = top.readouts
        widths = [output.shape[-1] or 0 for output in model.outputs]
        self.transitions = list(self._find(top, sum(widths) <= most_outputs))
        self.variables = list(model.variables)

    def _find(self, top, few_outputs):
        for i, stage in enumerate(self.stages):
            yield Transition("rec", i, stage.name)
            if not stage.below.stages:
                yield Transition("enc", i, stage.name)
            for lower in sorted(stage.below.stages):
                yield Transition("depth", i, stage.name, lower)
        if few_outputs:
            for i in sorted(top.stages):
                yield Transition("dec", i, self.stages[i].name)

    @property
    def depth(self) -> int:
        """How many recurrent layers there are."""
        return len(self.stages)

    @property
    def narrow(self) -> bool:
        """Whether all states have at most 64 numbers."""
        states = (_initial(stage.cell, 1) for stage in self.stages)
        return all(sum(s.shape[-1] for s in each) <= 64 for each in states)

    def role(self, variable: Any) -> tuple[str | None, int | None]:
        """The role of a variable in the transitions, and its layer.

        Returns:
            `"input"` or `"recurrent"` with the index of the layer whose cell owns it;
            `"decoder"` for a kernel of the read-out, `"embedding"` for an embedding's
            matrix, `None` for all else.
        """
        for i, stage in enumerate(self.stages):
            if any(variable is each for each in stage.cell.variables):
                along_time = variable.name in _ALONG_TIME
                return ("recurrent" if along_time else "input"), i
        if any(variable is layer.kernel for layer in self.readouts):
            return "decoder", None
        for layer in self.model._flatten_layers():
            embeds = isinstance(layer, keras.layers.Embedding)
            if embeds and variable is layer.embeddings:
                return "embedding", None
        return None, None

    def weights(self) -> list:
        """The values of all variables, for the functions that take them."""
        return [ops.convert_to_tensor(v) for v in self.variables]

    def movable(self, transition: Transition) -> bool:
        """Whether `move` has a way to change the radius of a transition."""
        if transition.kind == "dec":
            return any(is_movable(layer.kernel) for layer in self.readouts)
        dynamics = self.stages[transition.layer].dynamics
        if transition.kind == "rec":
            return dynamics.can_move_recurrent
        return dynamics.can_move_inputs

    def move(self, factors: dict, targets: dict, means: list) -> None:
        """Moves the weights by the factors that the radii want.

        Args:
            factors: Factor of each transition, by its key.
            targets: Target of each transition, by its key.
            means: Mean input of each layer, arrays `(features,)`.
        """
        entering: list[list[float]] = [[] for _ in self.stages]
        for transition in self.transitions:
            if transition.kind in ("enc", "depth"):
                entering[transition.layer].append(factors[transition.key])
        for i, stage in enumerate(self.stages):
            key = f"rec/{i}"
            inputs = float(np.exp(np.mean(np.log(entering[i]))))
            stage.dynamics.move(factors[key], inputs, targets[key], means[i])
        decoders = [factors[t.key] for t in self.transitions if t.kind == "dec"]
        if decoders:
            kernels = [layer.kernel for layer in self.readouts]
            scale(kernels, float(np.exp(np.mean(np.log(decoders)))))

    def initial_states(self, batch_size: int) -> list:
        """Zero states of all layers."""
        return [_initial(stage.cell, batch_size) for stage in self.stages]

    def entries(self, batch: Any) -> list:
        """Inputs of the lowest recurrent layers, `(batch, time, ...)` tensors.

        Layers before them are run on whole sequences, so that a convolution along time
        or an embedding may stand there.

        Args:
            batch: The model's inputs, one array or a list of them.
        """
        found: dict[int, Any] = {}
        wanted = [i for i, stage in enumerate(self.stages) if not stage.below.stages]

        def call(layer, *args, **kwargs):
            for each in graph.directions(layer):
                index = self._index[id(graph.cells_of(each)[0])]
                if index in wanted:
                    found[index] = args[0]
            if len(found) == len(wanted):
                raise graph.Found
            return layer(*args, **graph.inference(layer, kwargs))

        with contextlib.suppress(graph.Found):
            run_graph(self.model, keras.tree.flatten(batch), call)
        inputs = [ops.convert_to_tensor(x) for x in keras.tree.flatten(batch)]
        return [*inputs, *(found[i] for i in wanted)]

    def frame(self, entries: list, t: int) -> list:
        """Time step `t` of `entries`, each with a time axis of one."""
        time = entries[-1].shape[1]
        return [
            x[:, t : t + 1] if len(x.shape) > 1 and x.shape[1] == time else x
            for x in entries
        ]

    def length(self, entries: list) -> int:
        """How many time steps `entries` have."""
        return int(entries[-1].shape[1])

    def functions(self, frame: list, states: list) -> tuple[list, list, list]:
        """The transitions as functions of one argument, at a frame and its states.

        To be called with the variables in a `keras.StatelessScope`.

        Returns:
            For each transition a function `(B, n) -> (B, m)`, the point where its
            Jacobian is taken, and m; the new states; the mean inputs of each layer.
        """
        run = self._run(frame, states)
        found = []
        for transition in self.transitions:
            i = transition.layer
            if transition.kind == "rec":
                pair = self._along_time(i, run, states)
            elif transition.kind == "enc":
                pair = self._from_input(i, states), run.inputs[i]
            elif transition.kind == "depth":
                pair = self._from_below(transition.lower, i, frame, states, run)
            else:
                pair = self._from_below(i, None, frame, states, run)
            if transition.kind == "dec":
                ends = run.results
            else:
                ends = self.stages[i].dynamics.compact(run.after[i])
            found.append((*pair, sum(map(sample_width, ends))))
        means = [ops.mean(x, axis=0) for x in run.inputs]
        return found, run.after, means

    def _along_time(self, i, run, states):
        dynamics = self.stages[i].dynamics
        compact = dynamics.compact(states[i])

        def function(joint):
            before = dynamics.expand(_split_like(joint, compact), states[i])
            _, after = self._advance(i, run.inputs[i], before)
            return ops.concatenate(dynamics.compact(after), axis=-1)

        return function, ops.concatenate(compact, axis=-1)

    def _from_input(self, i, states):
        def function(x):
            _, after = self._advance(i, x, states[i])
            return ops.concatenate(self.stages[i].dynamics.compact(after), axis=-1)

        return function

    def _from_below(self, lower, upper, frame, states, run):
        """From a layer to the states above it, or to the model's output."""
        stage = self.stages[lower]
        output, compact = run.outputs[lower], stage.dynamics.compact(run.after[lower])
        read = None
        if self.sources == "states":
            read = stage.dynamics.output_map(
                run.inputs[lower], states[lower], run.after[lower], output
            )

        def above(value):
            other = self._run(frame, states, {lower: value}, upper)
            if upper is None:
                flat = [ops.reshape(y, (ops.shape(y)[0], -1)) for y in other.results]
                return ops.concatenate(flat, axis=-1)
            return ops.concatenate(
                self.stages[upper].dynamics.compact(other.after[upper]), axis=-1
            )

        if read is None:
            return above, output

        def function(joint):
            value = read(_split_like(joint, compact))
            return above(ops.cast(value, output.dtype))

        return function, ops.concatenate(compact, axis=-1)

    def _advance(self, i, inputs, states):
        cell = self.stages[i].cell
        training = getattr(cell, "_call_has_training_arg", False)
        kwargs = {"training": False} if training else {}
        output, after = cell(inputs, states, **kwargs)
        return output, list(after) if isinstance(after, (list, tuple)) else [after]

    def _run(self, frame, states, overrides: dict | None = None, until=None):
        """All layers at one time step; `overrides` replaces outputs of cells."""
        overrides = overrides or {}
        inputs: dict[int, Any] = {}
        outputs: dict[int, Any] = {}
        after: dict[int, list] = {}
        entries = iter(frame[len(self.model.inputs) :])

        def stage_of(cell, x):
            i = self._index[id(cell)]
            inputs[i] = x
            dynamics = self.stages[i].dynamics
            before = dynamics.expand(dynamics.compact(states[i]), states[i])
            outputs[i], after[i] = self._advance(i, x, before)
            outputs[i] = overrides.get(i, outputs[i])
            if i == until:
                raise graph.Found
            return outputs[i]

        def call(layer, *args, **kwargs):
            found = graph.directions(layer)
            if not found:
                return layer(*args, **graph.inference(layer, kwargs))
            tops = []
            for each in found:
                cells = graph.cells_of(each)
                below = self.stages[self._index[id(cells[0])]].below.stages
                sequence = args[0] if below else next(entries)
                # A layer that gave out its last step alone has no time axis any more.
                x = sequence[:, 0] if len(sequence.shape) > 2 else sequence
                for cell in cells:
                    x = stage_of(cell, x)
                sequences = getattr(each, "return_sequences", True)
                tops.append(x[:, None] if sequences else x)
            top = graph.merged(layer, tops)
            if getattr(found[0], "return_state", False):
                return [top, *(s for each in found for s in self._ends(each, after))]
            return top

        try:
            results = run_graph(self.model, frame[: len(self.model.inputs)], call)
        except graph.Found:
            results = []
        return _Frame(
            _in_order(inputs),
            _in_order(outputs),
            _in_order(after),
            keras.tree.flatten(results),
        )

    def _ends(self, layer, after):
        return [s for c in graph.cells_of(layer) for s in after[self._index[id(c)]]]


@dataclass(frozen=True)
class _Frame:
    inputs: list
    outputs: list
    after: list
    results: list


_ALONG_TIME = ("recurrent_kernel", "tau", "tau_adaptation")


def _in_order(values: dict) -> list:
    return [values[i] for i in sorted(values)]


def _initial(cell: Any, batch_size: int) -> list:
    states = cell.get_initial_state(batch_size=batch_size)
    return list(states) if isinstance(states, (list, tuple)) else [states]


def _check_states(name: str, cell: Any) -> None:
    """Raises an error unless every state of a cell is a vector per sample."""
    try:
        ranks = {len(state.shape) for state in _initial(cell, 1)}
    except (TypeError, ValueError):  # wants to know more than the size of a batch
        ranks = set()
    if ranks != {2}:
        raise ValueError(
            f"Layer '{name}' has a {type(cell).__name__}, whose states are no vectors. "
            "Expected recurrent layers with states (batch, size)"
        )


def _split_like(joint: Any, parts: tuple) -> tuple:
    """A tensor `(B, sum of widths)` in parts of the widths of `parts`."""
    ends = np.cumsum([part.shape[-1] for part in parts])
    starts = [0, *ends[:-1]]
    return tuple(joint[:, a:b] for a, b in zip(starts, ends, strict=True))


def _unique(names: list) -> list:
    """Names with a number behind those that occur before."""
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        count = seen.get(name, 0)
        unique.append(name if count == 0 else f"{name}_{count}")
        seen[name] = count + 1
    return unique
