"""Text that a trained language model writes.

The model draws one token after the other, each from what it expects after those before.
It starts at the beginning of a line, or goes on after --prompt. The text that it was
trained on has to be there, for its vocabulary.

  python experiments/language_model.py --generate 500 --out RUN
  python experiments/language_model.py --generate 50 --out RUN --prompt "the company"
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.core.directory import kept_program
from experiments.core.options import (
    OptionError,
    Options,
    hyphenated,
    option,
    options_of,
    parse,
    refuse,
)
from experiments.core.program import Program
from experiments.core.run import load_tensorflow

END_OF_LINE = "<eos>"
_CHARACTERS = {"_": " ", END_OF_LINE: "\n"}


@dataclass(frozen=True)
class GenerateOptions(Options):
    """Options of writing."""

    generate: int = option(500, "how many tokens to write", low=1)
    out: str | None = option(None, "the run that made the model", role="where")
    prompt: str = option("", "what the text begins with")
    temperature: float = option(
        1.0, "divisor of logits: below 1 more probable, 0 the most probable", low=0
    )
    most_likely: int | None = option(
        None, "draw from so many most probable tokens only, or none: all", low=1
    )
    seed: int = option(1, "decides the text", low=0, high=2**32 - 1, role="seed")


def asked_for(arguments: Sequence[str] | None = None) -> bool:
    """Whether command-line arguments ask for text."""
    words = sys.argv[1:] if arguments is None else arguments
    return any(hyphenated(word).split("=")[0] == "--generate" for word in words)


def generate(script: str, arguments: list[str] | None = None) -> int:
    """Writes a text of a run of a script; returns the exit code, 0, 2 or 130."""
    prog = f"{script}.py"
    known = options_of(GenerateOptions)
    given = parse(known, arguments, prog=prog, description=__doc__)
    try:
        options = GenerateOptions(**given)
        if options.out is None:
            raise OptionError("--generate: name the run by --out")
        trained = kept_program(script, Path(options.out), "--generate")
        weights = _weights(Path(options.out))
        load_tensorflow()
        print(_text(trained, weights, options))
    except KeyboardInterrupt:
        return 130
    except OptionError as error:
        refuse(prog, error)
    return 0


def sampled(
    network: Any,
    prompt: Sequence[int],
    count: int,
    *,
    temperature: float = 1.0,
    most_likely: int | None = None,
    seed: int = 0,
) -> Iterator[int]:
    """Draws the numbers of tokens from a language model; see `GenerateOptions`.

    Args:
        network: A model from `[tokens, *states]` to `[logits, *new_states]`.
        prompt: The numbers of the tokens before, at least one.
        count: How many to draw.
        temperature: Divisor of the logits; 0 takes the most probable token.
        most_likely: How many most probable tokens to draw from; None for all.
        seed: Of the draws.
    """
    import numpy as np

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


def _weights(out: Path) -> Path:
    """The file of the best weights so far."""
    model = out / "model.keras"
    best = sorted(out.glob("checkpoints/best-*.weights.h5"))
    if not model.is_file() and not best:
        raise OptionError(
            f"--generate: {out} holds neither model.keras nor checkpoints/best-*; "
            "expected a run with an epoch behind it"
        )
    return model if model.is_file() else best[-1]


def _text(trained: Program, weights: Path, options: GenerateOptions) -> str:
    from keras_nonnormal.datasets import DatasetError
    from keras_nonnormal.training import RunDirectoryError
    from keras_nonnormal.training.weights import load_weights

    try:
        task = trained.task.load(trained.run.seed)
    except DatasetError as error:
        raise OptionError(error) from error
    vocabulary, corpus = task.corpus.vocabulary, trained.task.corpus
    line_end = tokens_of("\n", corpus)
    words = tokens_of(options.prompt, corpus)
    prompt = numbers_of([*line_end, *words], vocabulary)
    network = trained.network.model(trained, task)
    try:
        load_weights(network, weights)
    except RunDirectoryError as error:
        raise OptionError(error) from error
    drawn = sampled(
        network,
        prompt,
        options.generate,
        temperature=options.temperature,
        most_likely=options.most_likely,
        seed=options.seed,
    )
    tokens = [*words, *(vocabulary[number] for number in drawn)]
    return text_of(tokens, corpus)


def text_of(tokens: Iterable[str], corpus: str) -> str:
    """The text that tokens of a corpus stand for."""
    if corpus == "enwik8":
        return "".join(tokens).encode("latin-1").decode("utf-8", errors="replace")
    if corpus == "ptb-char":
        return "".join(_CHARACTERS.get(token, token) for token in tokens)
    lines = " ".join(tokens).split(END_OF_LINE)
    return "\n".join(line.strip() for line in lines)


def tokens_of(text: str, corpus: str) -> list[str]:
    """The tokens of a corpus that a text is made of; line ends are tokens, too."""
    if corpus == "enwik8":
        return [*text.encode("utf-8").decode("latin-1")]
    if corpus == "ptb-char":
        spelled = {character: token for token, character in _CHARACTERS.items()}
        return [spelled.get(character, character) for character in text]
    return text.replace("\n", f" {END_OF_LINE} ").split()


def numbers_of(tokens: Iterable[str], vocabulary: Iterable[str]) -> list[int]:
    """The numbers of tokens; an `OptionError` for one outside the vocabulary."""
    places = {token: place for place, token in enumerate(vocabulary)}
    strangers = [token for token in tokens if token not in places]
    if strangers:
        raise OptionError(
            f"--prompt: the text has {len(places)} different tokens, of which "
            f"{strangers[0]!r} is none"
        )
    return [places[token] for token in tokens]
