from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np


def sample_tokens(
    network: Any,
    prompt: Sequence[int],
    count: int,
    *,
    temperature: float = 1.0,
    most_likely: int | None = None,
    seed: int = 0,
) -> Iterator[int]:
    """Draws tokens from a language model, each given all before, as numbers.

    Args:
        network: A model from `[tokens, *states]` to `[logits, *new_states]`.
        prompt: The numbers of the tokens before, at least one.
        count: How many to draw.
        temperature: Divisor of the logits; 0 takes the most probable token.
        most_likely: How many most probable tokens to draw from; None for all.
        seed: Non-negative integer, of the draws.
    """
    rng = np.random.default_rng(seed)
    states = [
        np.zeros((1, *state.shape[1:]), "float32") for state in network.inputs[1:]
    ]

    def after(token: int) -> Any:
        nonlocal states
        known = np.array([[token]], "int32")
        logits, *states = network.predict_on_batch([known, *states])
        return logits[0, 0].astype("float64")

    *earlier, token = prompt
    for each in earlier:
        after(each)
    for _ in range(count):
        logits = after(token)
        if most_likely is not None and most_likely < len(logits):
            logits[logits < np.sort(logits)[-most_likely]] = -np.inf
        # The largest of logits with Gumbel noise is a draw from their softmax.
        token = int(np.argmax(logits + temperature * rng.gumbel(size=len(logits))))
        yield token
