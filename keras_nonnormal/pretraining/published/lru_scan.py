"""Pre-training of linear recurrent units by gradients, as it was published."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_nonnormal import _backend
from keras_nonnormal.optimizers import AdaBelief, Lookahead
from keras_nonnormal.pretraining.history import History
from keras_nonnormal.pretraining.published.lru import blocks_of
from keras_nonnormal.pretraining.published.procedure import restored_on_error
from keras_nonnormal.pretraining.published.variants import scalars_and_gradients
from keras_nonnormal.pretraining.variables import all_finite, as_array


class PublishedLRUScan:
    r"""Gradient steps on the radii of random blocks over four time steps of noise.

    The Jacobian of the outputs of a block by its inputs consists of matrices
    $J_{st} = \partial y_s / \partial x_t$. With means over the batch of their radii,

    $$ \mathcal L = \frac12 \mathrm{mean}_s (\bar\rho(J_{s+1, s}) - \rho_t)^2
       + \frac12 \mathrm{mean}_s (\bar\rho(J_{ss}) - \rho_l)^2. $$

    The mean is *within* the square: radii of 0.5 and 1.5 are taken for 1.

    Args:
        model: A built model with two or more `LRUBlock` of the same width.
        targets: $\rho_t$ and $\rho_l$.
        learning_rate: Float. Defaults to `0.01`.
        weight_decay: Float, decoupled. Defaults to `0.004`.
        batch_size: Integer, random samples per step. Defaults to `8`.
        tolerance: Float, below which the averaged loss has to be to stop. Defaults to
            `0.01`.
        rng: A `numpy.random.Generator`.

    Raises:
        ValueError: If the model has no two such blocks.

    Reference:
        - [Herranz-Celotti and Rouat, 2023](https://arxiv.org/abs/2308.12075), and its
          program.
    """

    length = 4

    def __init__(
        self,
        model: Any,
        targets: tuple[float, float],
        *,
        learning_rate: float = 0.01,
        weight_decay: float = 0.004,
        batch_size: int = 8,
        tolerance: float = 0.01,
        rng: Any = None,
    ):
        self.cells = blocks_of(model)
        self.variables = [v for cell in self.cells for v in cell.trainable_variables]
        self.targets = targets
        self.batch_size, self.tolerance = batch_size, tolerance
        self.rng = np.random.default_rng() if rng is None else rng
        self.optimizer = Lookahead(AdaBelief(learning_rate, weight_decay=weight_decay))
        self.optimizer.build(self.variables)
        self._jacobian = _backend.jit(self._jacobian_of)
        self._gradient = _backend.jit(self._gradient_of)

    def run(self, steps: int = 1000) -> History:
        """Pre-trains; on any error the blocks have the weights they had.

        Args:
            steps: Integer, how many to take at most. Defaults to `1000`.
        """
        with restored_on_error(self.variables):
            return self._iterate(steps)

    def _iterate(self, steps):
        history, average = History(), None
        for _ in range(steps):
            cell = self.cells[int(self.rng.integers(len(self.cells)))]
            x = self.rng.standard_normal((self.batch_size, self.length * cell.units))
            x = ops.cast(x, cell.compute_dtype)
            values = [v.value for v in cell.trainable_variables]
            dense = as_array(self._jacobian(values, x))
            record: dict[str, Any] = {"accepted": all_finite([dense])}
            history.iterations.append(record)
            if not record["accepted"]:
                history.failures += 1
                continue
            radii, loss, cotangent = self.loss(dense)
            record.update(radii=radii, loss=loss)
            average = loss if average is None else average
            average += (loss - average) / (2 * len(self.cells))
            if average < self.tolerance:
                history.stopped = True
                break
            gradients = self._gradient(values, x, ops.convert_to_tensor(cotangent))
            if all_finite(gradients):
                self.optimizer.apply(gradients, cell.trainable_variables)
            else:
                record["accepted"] = False
                history.failures += 1
        return history

    def loss(self, dense: np.ndarray) -> tuple[dict, float, np.ndarray]:
        """Mean radii, the loss, and its gradient by the Jacobian `(B, T w, T w)`."""
        cotangent = np.zeros_like(dense)
        batch, width = len(dense), dense.shape[1] // self.length
        radii, loss = {}, 0.0
        kinds = zip(("rec", "depth"), (1, 0), self.targets, strict=True)
        for kind, shift, target in kinds:
            starts = np.arange(self.length - shift) * width
            found = []
            for t in starts:
                s = t + shift * width
                block = (slice(None), slice(s, s + width), slice(t, t + width))
                values, slopes = scalars_and_gradients(dense[block])
                error = values.mean() - target
                loss += 0.5 * error**2 / len(starts)
                cotangent[block] = error / len(starts) / batch * slopes
                found.append(values.mean())
            radii[kind] = float(np.mean(found))
        return radii, float(loss), cotangent

    def _outputs(self, values, x):
        """Outputs of a block with these weights, flat: `(B, T w)` to `(B, T w)`."""
        cell = self.cells[0]
        pairs = zip(cell.trainable_variables, values, strict=True)
        with keras.StatelessScope(state_mapping=list(pairs)):
            states = cell.get_initial_state(batch_size=x.shape[0])
            outputs = []
            frames: Any = ops.split(x, self.length, axis=-1)
            for frame in frames:
                output, states = cell(frame, states, training=False)
                outputs.append(output)
            return ops.concatenate(outputs, axis=-1)

    def _jacobian_of(self, values, x):
        return _backend.batch_jacobian(lambda x: self._outputs(values, x), x)

    def _gradient_of(self, values, x, cotangent):
        def weighted(*values):
            return (ops.sum(self._jacobian_of(values, x) * cotangent),)

        _, pullback = _backend.vjp(weighted, *values)
        return list(pullback((ops.ones((), x.dtype),)))
