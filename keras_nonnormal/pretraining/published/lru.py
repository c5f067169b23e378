"""Pre-training of stacks of linear recurrent units as it was published."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_nonnormal import _backend
from keras_nonnormal.pretraining.history import History
from keras_nonnormal.pretraining.published.procedure import (
    Progress,
    no_progress,
    restored_on_error,
)
from keras_nonnormal.pretraining.published.update import bounded_ratio, shuffle_entries
from keras_nonnormal.pretraining.published.variants import jacobian_loss, scalars
from keras_nonnormal.pretraining.variables import all_finite, as_array, multiply


class PublishedLRU:
    r"""Rescalings of random pairs of blocks, without data and without gradients.

    In each iteration two blocks A and B are drawn, and at random states and a random
    input two Jacobians are measured: $M_t$ of A's next state by its state, and $M_l$ of
    B's next state by A's state, through one step of A and one of B. The exponents
    $\nu$ of both are scaled by what $M_t$ wants, the matrices $B$ and $C$ of B by what
    $M_l$ wants. Then all weights of the two have their entries permuted, and half of
    those of A are overwritten by those of B.

    $M_l$ contains A's step along time, so that its radius is not only that between
    layers. Where $\nu$ is positive, scaling moves the radius the wrong way.

    Args:
        model: A built model with two or more `LRUBlock` of the same width.
        targets: Radii of $M_t$ and of $M_l$.
        batch_size: Integer, random samples per iteration. Defaults to `8`.
        along_time: Whether $M_l$ begins at A's state before its step, as published, or
            after. Defaults to `True`.
        exchange: Whether A and B exchange half of their entries, as was intended,
            instead of A taking over those of B. Defaults to `False`.
        rng: A `numpy.random.Generator`.

    Raises:
        ValueError: If the model has no two such blocks.

    Reference:
        - [Herranz-Celotti and Rouat, 2023](https://arxiv.org/abs/2308.12075), and its
          program.
    """

    bounds = (0.95, 1.05)

    def __init__(
        self,
        model: Any,
        targets: tuple[float, float],
        *,
        batch_size: int = 8,
        along_time: bool = True,
        exchange: bool = False,
        rng: Any = None,
    ):
        self.cells = blocks_of(model)
        self.targets = targets
        self.batch_size = batch_size
        self.along_time, self.exchange = along_time, exchange
        self.rng = np.random.default_rng() if rng is None else rng
        self._compiled = _backend.jit(self._jacobians)

    def run(
        self,
        iterations: int = 500,
        learn: bool = True,
        progress: Progress = no_progress,
    ) -> History:
        """Pre-trains; on any error the blocks have the weights they had.

        Args:
            iterations: Integer. Defaults to `500`.
            learn: Whether to move the weights or only measure. Defaults to `True`.
            progress: Called in every iteration; see `Progress`.
        """
        variables = [v for cell in self.cells for v in cell.trainable_variables]
        with restored_on_error(variables):
            return self._iterate(iterations, learn, progress)

    def _iterate(self, iterations, learn, progress):
        history = History()
        for iteration in range(iterations):
            i, j = self.rng.permutation(len(self.cells))[:2]
            a, b = self.cells[i], self.cells[j]
            frame, *states = self._noise(a)
            jacobians = self.jacobians(a, b, frame, states[:2], states[2:])
            accepted = all_finite(jacobians)
            record: dict[str, Any] = {"pair": (int(i), int(j)), "accepted": accepted}
            history.iterations.append(record)
            if not accepted:
                history.failures += 1
                continue
            radii = [scalars(each) for each in jacobians]
            losses = map(jacobian_loss, radii, self.targets)
            means = [float(each.mean()) for each in radii]
            record.update(
                radii=dict(zip(("rec", "depth"), means, strict=True)), loss=sum(losses)
            )
            progress(iteration + 1, sum(means) / len(means))
            if learn:
                self.rescale(a, b, *radii)
                self.mix(a, b)
        return history

    def _noise(self, cell):
        """A random input, and states of two blocks."""
        size = cell.core.state_units
        widths = [cell.units, size, size, size, size]
        draws = [self.rng.standard_normal((self.batch_size, n)) for n in widths]
        return [ops.cast(each, cell.compute_dtype) for each in draws]

    def jacobians(self, a, b, frame, before_a, before_b) -> tuple:
        """$M_t$ and $M_l$ of a pair of blocks, `(batch, 2 n, 2 n)` of n complex states.

        Args:
            a: Cell of the lower block.
            b: Cell of the upper block.
            frame: Tensor `(batch, units)`.
            before_a: Real and imaginary part of the lower state.
            before_b: Of the upper one.
        """
        weights = [[v.value for v in cell.trainable_variables] for cell in (a, b)]
        found = self._compiled(*weights, frame, list(before_a), list(before_b))
        return tuple(map(as_array, found))

    def _jacobians(self, weights_a, weights_b, frame, before_a, before_b):
        # Whatever the pair, it is computed with the variables of the first two blocks:
        # one function is compiled for all pairs.
        a, b = self.cells[:2]
        slots = [*a.trainable_variables, *b.trainable_variables]
        mapping = zip(slots, [*weights_a, *weights_b], strict=True)
        with keras.StatelessScope(state_mapping=list(mapping)):

            def step_a(joint):
                parts: Any = ops.split(joint, 2, axis=-1)
                output, after = a(frame, list(parts), training=False)
                return output, ops.concatenate(after, axis=-1)

            def step_b(output):
                _, after = b(output, before_b, training=False)
                return ops.concatenate(after, axis=-1)

            state = ops.concatenate(before_a, axis=-1)
            along_time = _backend.batch_jacobian(lambda s: step_a(s)[1], state)
            if self.along_time:
                both = _backend.batch_jacobian(lambda s: step_b(step_a(s)[0]), state)
            else:
                context = a.prepare(frame)
                both = _backend.batch_jacobian(
                    lambda s: step_b(a.read(s, context)), step_a(state)[1]
                )
        return along_time, both

    def rescale(self, a, b, along_time, between) -> None:
        """Scales what the radii of a pair of blocks, arrays `(batch,)`, depend on."""
        factors = [
            bounded_ratio(
                float(np.mean(target / np.maximum(r, 1e-12))), 1.0, self.bounds
            )
            for target, r in zip(self.targets, (along_time, between), strict=True)
        ]
        for cell in (a, b):
            multiply(cell.core.nu, factors[0])
        core = b.core
        for matrix in (
            core.input_real,
            core.input_imag,
            core.output_real,
            core.output_imag,
        ):
            multiply(matrix, factors[1])

    def mix(self, a, b) -> None:
        """Permutes the entries of all weights of two blocks, and exchanges half."""
        for cell in (a, b):
            shuffle_entries(cell.trainable_variables, self.rng)
        pairs = zip(a.trainable_variables, b.trainable_variables, strict=True)
        for lower, upper in pairs:
            ours, theirs = as_array(lower), as_array(upper)
            half = ours.size // 2
            mixed = ours.copy()
            mixed.flat[:half] = theirs.flat[:half]
            lower.assign(mixed)
            if self.exchange:
                theirs.flat[:half] = ours.flat[:half]
                upper.assign(theirs)


def blocks_of(model: Any) -> list:
    """The cells of all `LRUBlock` of a model.

    Raises:
        ValueError: If there are fewer than two, or of different widths.
    """
    cells = [layer.cell for layer in model.layers if is_block(layer)]
    shapes = [[tuple(v.shape) for v in cell.trainable_variables] for cell in cells]
    if len(cells) < 2 or any(shape != shapes[0] for shape in shapes):
        widths = [cell.units for cell in cells]
        raise ValueError(
            "Expected a model with two or more built LRUBlock layers, as wide as their "
            f"inputs. Received: '{model.name}' with blocks of units {widths}"
        )
    return cells


def is_block(layer: Any) -> bool:
    """Whether a layer is a built `LRUBlock`."""
    return hasattr(getattr(layer, "cell", None), "core") and layer.built
