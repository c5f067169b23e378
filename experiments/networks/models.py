"""The networks of the comparison, each with the read-out its task had."""

import math
from typing import Any

import keras
from keras.initializers import Constant, RandomUniform

from experiments.networks.gamma_options import GammaOptions
from keras_nonnormal.activations import Gamma, Stair
from keras_nonnormal.initializers import (
    UniformOnce,
    bias_initializer,
    kernel_initializer,
    lstm_glorot_initializers,
    recurrent_initializer,
)
from keras_nonnormal.layers import (
    ANRU,
    EURNN,
    NNRNN,
    ExpRNN,
    FusedGRU,
    FusedLSTM,
    FusedSimpleRNN,
    TiedEmbedding,
)
from keras_nonnormal.layers.stair_cell import bare


def network(task, options: GammaOptions) -> keras.Model:
    """An embedding where the task has tokens, a recurrent layer, a linear read-out.

    Args:
        task: A `keras_nonnormal.datasets.SequenceTask`.
        options: What network it is, and how it starts.

    Returns:
        A functional `keras.Model`, not yet compiled. For a text it takes tokens and
        states, and gives logits and new states (see
        `keras_nonnormal.training.CarriedState`).
    """
    build = _language_model if task.stateful else _sequence_model
    model = build(task, options)
    if options.paired_biases and options.net_type != "ANRU":  # whose pairs are zero
        # The published network has a bias in both of its products; here is their sum.
        bias = bare(model.get_layer("recurrent").cell).bias
        bias.assign_add(bias_initializer(options.nhid)(bias.shape))
    return model


def recurrent_layer(options: GammaOptions, features: int, **settings: Any) -> Any:
    """The recurrent layer that options ask for.

    Args:
        options: The options.
        features: Width of its input.
        **settings: Further arguments of the layer, such as `return_sequences`.
    """
    settings = {"name": "recurrent", **settings}
    match options.net_type:
        case "ANRU":
            return _anru(options, **settings)
        case "GRU":
            return _gru(options, **settings)
    nonlin = _nonlinearity(options)
    settings = {"stair": _stair(options), **settings}
    orthogonal = {
        "kernel_initializer": options.iinit,
        "skew_initializer": options.rinit,
        "orthogonal_map": options.orthogonal_map,
        "trivialization": options.trivialization,
        "rebase_every": options.rebase_every,
        "project_every": options.project_every,
    }
    match options.net_type:
        case "RNN" | "RNN-orth":
            assert options.rinit is not None
            return FusedSimpleRNN(
                options.nhid,
                activation=nonlin,
                kernel_initializer=kernel_initializer(options.iinit),
                recurrent_initializer=recurrent_initializer(options.rinit),
                bias_initializer=bias_initializer(features),
                **settings,
            )
        case "expRNN":
            return ExpRNN(options.nhid, activation=nonlin, **orthogonal, **settings)
        case "nnRNN":
            return NNRNN(
                options.nhid,
                activation=nonlin,
                gamma_penalty=options.alam,
                t_mask=options.t_mask,
                **orthogonal,
                **settings,
            )
        case "EURNN":
            return EURNN(
                options.nhid,
                capacity=options.capacity,
                fft=options.fft,
                complex=options.complex,
                **settings,
            )
        case "LSTM":
            start: Any = lstm_glorot_initializers(options.nhid, features)
            kernel, recurrent, bias = start
            return FusedLSTM(
                options.nhid,
                kernel_initializer=kernel,
                recurrent_initializer=recurrent,
                bias_initializer=bias,
                unit_forget_bias=False,
                **settings,
            )
    raise ValueError(f"Expected a known network. Received: {options.net_type!r}")


def _nonlinearity(options) -> Any:
    """That of networks which have but one, by name or as a layer."""
    if options.has_shape:
        return Gamma(
            *_shape(options),
            shared=options.nonlin == "gamma",
            trainable=options.learn_params,
        )
    return "linear" if options.nonlin == "none" else options.nonlin


def _shape(options) -> tuple[Any, Any]:
    """Gain and saturation to start from."""
    if options.random:
        return UniformOnce(5, 7), Constant(0.0)
    return Constant(options.gain), Constant(options.saturation)


def _anru(options, reset_step=False, **settings) -> ANRU:
    gain, saturation = _shape(options)
    return ANRU(
        options.nhid,
        controller_units=options.controller,
        kernel_initializer=options.iinit,
        recurrent_initializer=options.rinit,
        controller_initializer=options.iinit,
        controller_recurrent_initializer=options.rinit,
        gain_initializer=gain,
        saturation_initializer=saturation,
        **settings,
    )


def _gru(options, reset_step=False, **settings) -> FusedGRU:
    # PyTorch draws all weights of a GRU alike, biases or not.
    starts: Any = [bias_initializer(options.nhid) for _ in range(3)]
    kernel, recurrent, bias = starts
    return FusedGRU(
        options.nhid,
        kernel_initializer=kernel,
        recurrent_initializer=recurrent,
        bias_initializer=bias,
        **settings,
    )


def _stair(options) -> Stair | None:
    if options.stair == "none":
        return None
    start = Constant(options.alpha_start) if options.stair == "alpha" else None
    return Stair(options.stair, options.learned_steps or None, start, name="stair")


def _sequence_model(task, options) -> keras.Model:
    inputs = keras.Input((task.length, task.input_width), name="sequence")
    hidden = recurrent_layer(options, task.input_width, return_sequences=task.per_step)(
        inputs
    )
    outputs = keras.layers.Dense(
        task.output_width,
        **_readout_start(task, options, task.input_width),
        name="readout",
    )(hidden)
    return keras.Model(inputs, outputs, name=f"{task.name}_{options.net_type}")


def _language_model(task, options) -> keras.Model:
    uniform: Any = RandomUniform(-0.1, 0.1)
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    kind = TiedEmbedding if options.tied else keras.layers.Embedding
    embedding: Any = kind(
        task.input_width,
        options.emsize,
        embeddings_initializer=uniform,
        name="embedding",
    )
    layer = recurrent_layer(
        options,
        options.emsize,
        return_sequences=True,
        return_state=True,
        reset_step=not options.carry_step,
    )
    states = [
        keras.Input((size,), name=f"state_{number}")
        for number, size in enumerate(layer.state_size)
    ]
    hidden, *new_states = layer(embedding(tokens), initial_state=states)
    if options.tied:
        logits = embedding(hidden, reverse=True)
    else:
        logits = keras.layers.Dense(
            task.output_width,
            **_readout_start(task, options, options.emsize),
            name="readout",
        )(hidden)
    return keras.Model(
        [tokens, *states],
        [logits, *new_states],
        name=f"{task.name}_{options.net_type}",
    )


def _readout_start(task, options, features) -> dict[str, Any]:
    """Initializers of the read-out: those of the task, but EURNN has its own."""
    if options.net_type == "EURNN":  # from the width of the input, as published
        bound = math.sqrt(6 / (task.output_width + features))
        kernel, bias = RandomUniform(-bound, bound), Constant(0.01)
    elif task.stateful:
        kernel, bias = RandomUniform(-0.1, 0.1), "zeros"
    else:
        digits = task.classification and not task.per_step
        kernel = kernel_initializer("torch_default" if digits else "xavier")
        bias = bias_initializer(options.nhid)
    return {"kernel_initializer": kernel, "bias_initializer": bias}
