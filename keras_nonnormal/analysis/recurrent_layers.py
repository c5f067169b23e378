"""Matrices and responses of a Keras recurrent layer, for the analyses."""

from typing import Any

import numpy as np
from keras import ops

from keras_nonnormal import _backend
from keras_nonnormal.analysis.normality import henrici_index
from keras_nonnormal.analysis.schur_form import schur_eigenvalues
from keras_nonnormal.analysis.spectrum import spectrum
from keras_nonnormal.analysis.weight_profile import peak_order, weight_profile

# Blocks of the recurrent kernel in the order of Keras, and what one alone is called.
GATES = {1: ("recurrent",), 3: ("z", "r", "h"), 4: ("i", "f", "c", "o")}


def recurrent_matrices(layer: Any) -> dict[str, np.ndarray]:
    """The recurrent matrices of a layer by the names of its gates.

    Args:
        layer: A built `keras.layers.RNN` of Keras or of this library.

    Returns:
        A dict of arrays `(units, units)` in float64 and in **column form**, the
        transposes of the blocks of the recurrent kernel: `"recurrent"` of a network
        without gates, `"i"`, `"f"`, `"c"` (the update) and `"o"` of an LSTM, `"z"`,
        `"r"` and `"h"` of a GRU.

    Raises:
        ValueError: If the layer has no such matrix.

    Example:

    >>> import keras
    >>> layer = keras.layers.LSTM(3)
    >>> layer.build((None, None, 2))
    >>> list(recurrent_matrices(layer))
    ['i', 'f', 'c', 'o']
    """
    kernel = _recurrent_kernel(layer)
    if kernel is None or kernel.ndim != 2 or kernel.shape[1] % kernel.shape[0]:
        raise ValueError(
            "Expected a built recurrent layer with a recurrent kernel. "
            f"Received: {type(layer).__name__} named {getattr(layer, 'name', '?')!r}"
        )
    count = kernel.shape[1] // kernel.shape[0]
    names = GATES.get(count, tuple(map(str, range(count))))
    return dict(zip(names, (m.T for m in np.split(kernel, count, axis=1)), strict=True))


def layer_spectra(layer: Any, *, check: bool = True) -> dict[str, np.ndarray]:
    """Eigenvalues of the recurrent matrices of a layer, by the names of its gates.

    Those of nnRNN come from its parameters in closed form, of others from `spectrum`.

    Args:
        layer: A built recurrent layer.
        check: Whether to look if rounding can matter; see `spectrum`.

    Returns:
        A dict of complex arrays `(units,)`.
    """
    schur = schur_parameters(layer)
    if schur is not None:
        return {"recurrent": schur_eigenvalues(**schur)}
    matrices = recurrent_matrices(layer)
    return {name: spectrum(each, check=check) for name, each in matrices.items()}


def schur_parameters(layer: Any) -> dict[str, Any] | None:
    """The trained variables of nnRNN, the arguments of `schur_matrix`, in float64.

    Args:
        layer: A built recurrent layer.

    Returns:
        A dict of `theta`, `gamma`, `upper` and `t_mask`, or None for another layer.
    """
    values = {variable.name: variable for variable in layer.variables}
    if not values.keys() >= {"theta", "gamma", "upper"}:
        return None
    found = {name: _float64(values[name]) for name in ("theta", "gamma", "upper")}
    mask = getattr(getattr(layer.cell, "parametrization", None), "t_mask", "strict")
    return {**found, "t_mask": mask}


def pulse_response(layer: Any, steps: int = 100, pulse: Any = None) -> np.ndarray:
    """States of a layer after a pulse, with no input from then on.

    Args:
        layer: A built recurrent layer. It starts at its usual initial state, and its
            biases act at every step.
        steps: Integer, steps after the one with the pulse. Defaults to `100`.
        pulse: Array `(features,)`, the input at the first step. Defaults to ones.

    Returns:
        An array `(steps + 1, units)` in float64, the state after the pulse first.

    Example:

    >>> import keras
    >>> from keras_nonnormal import Chain
    >>> layer = keras.layers.SimpleRNN(
    ...     3, None, kernel_initializer="ones", recurrent_initializer=Chain(2.0)
    ... )
    >>> layer.build((None, None, 1))
    >>> print(pulse_response(layer, steps=2))
    [[1. 1. 1.]
     [0. 2. 2.]
     [0. 0. 4.]]

    Reference:

    - [Orhan and Pitkow, 2020, figure 5](https://arxiv.org/abs/1905.13715)
    """
    kernel = layer.cell.kernel
    pulse = np.ones(kernel.shape[0]) if pulse is None else np.asarray(pulse, np.float64)
    if pulse.shape != (kernel.shape[0],):
        raise ValueError(
            f"`pulse` must have shape ({kernel.shape[0]},), a number per feature. "
            f"Received: shape {pulse.shape}"
        )
    inputs = np.zeros((steps + 1, 1, len(pulse)))
    inputs[0] = pulse
    states, answers = layer.get_initial_state(1), []
    cell = layer.cell_of_call() if hasattr(layer, "cell_of_call") else layer.cell
    for each in inputs:
        each = ops.convert_to_tensor(each, layer.compute_dtype)
        output, states = cell(each, states)
        answers.append(_float64(output)[0])
    return np.stack(answers)


def layer_states(layer: Any, sequences: Any) -> np.ndarray:
    """The outputs of a layer at every step, whatever it returns in its model.

    Args:
        layer: A built recurrent layer.
        sequences: Its input, `(batch, time, features)`.

    Returns:
        An array `(batch, time, units)` in float64.
    """
    every_step, carried = layer.return_sequences, layer.return_state
    compiled = _backend.jit_compile_enabled()
    layer.return_sequences, layer.return_state = True, False
    _backend.set_jit_compile(False)  # to compile takes longer than to run once
    try:
        return _float64(layer(ops.convert_to_tensor(sequences, layer.compute_dtype)))
    finally:
        layer.return_sequences, layer.return_state = every_step, carried
        _backend.set_jit_compile(compiled)


def peak_order_profiles(
    layer: Any, steps: int = 100, pulse: Any = None
) -> dict[str, np.ndarray]:
    """Mean recurrent weights by how much later one unit peaks than the other.

    Args:
        layer: A built recurrent layer.
        steps: Integer, steps after the pulse. Defaults to `100`.
        pulse: Array `(features,)`. Defaults to ones.

    Returns:
        A dict of arrays `(2 * units - 1,)` as of `weight_profile`, by the names of the
        gates; the order is that of the peaks of the layer's output.

    Reference:

    - [Orhan and Pitkow, 2020, figures 5 and 6](https://arxiv.org/abs/1905.13715)
    """
    order = peak_order(pulse_response(layer, steps, pulse))
    matrices = recurrent_matrices(layer)
    return {name: weight_profile(each, order) for name, each in matrices.items()}


def layer_henrici_indices(layer: Any, *, relative: bool = True) -> dict[str, float]:
    """Henrici indices of the recurrent matrices of a layer, by the names of its gates.

    Args:
        layer: A built recurrent layer.
        relative: See `henrici_index`.
    """
    matrices, spectra = recurrent_matrices(layer), layer_spectra(layer)
    return {
        name: henrici_index(each, spectra[name], relative=relative)
        for name, each in matrices.items()
    }


def learned_heights(layer: Any) -> tuple[np.ndarray, np.ndarray | None] | None:
    """The learned heights of a layer's stair, now and at the start.

    Args:
        layer: A built recurrent layer of this library.

    Returns:
        Two arrays `(steps,)` in float64, the second None if it was drawn without a
        seed; or None for a layer that has no learned stair.

    Example:

    >>> from keras_nonnormal import ExpRNN
    >>> layer = ExpRNN(2, stair="alpha")
    >>> layer.build((None, 3, 1))
    >>> learned_heights(layer)
    (array([1., 1., 1.]), array([1., 1., 1.]))
    """
    stair = getattr(layer.cell, "stair", None)
    if stair is None or not stair.learned:
        return None
    heights, start = _float64(stair.alpha), None
    if stair.initializer.get_config().get("seed", 0) is not None:
        start = _float64(stair.initializer(heights.shape, dtype="float32"))
    return heights, start


def _recurrent_kernel(layer: Any) -> np.ndarray | None:
    if hasattr(layer, "recurrent_matrix"):
        try:
            return _float64(layer.recurrent_matrix())
        except NotImplementedError:  # such as that of a scan
            return None
    kernel = getattr(getattr(layer, "cell", None), "recurrent_kernel", None)
    return None if kernel is None else _float64(kernel)


def _float64(tensor: Any) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(tensor), np.float64)
