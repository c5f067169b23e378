"""Text that a trained language model writes.

The model draws one token after the other, each from what it expects after those before.
It starts at the beginning of a line, or goes on after --prompt. The text that it was
trained on has to be there, for its vocabulary.

  python experiments/language_model.py --generate 500 --out RUN
  python experiments/language_model.py --generate 50 --out RUN --prompt "the company"
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

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
from experiments.core.runs import RunFolder


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
        weights = RunFolder(Path(options.out), {}).best_weights
        load_tensorflow()
        print(_text(trained, weights, options))
    except KeyboardInterrupt:
        return 130
    except OptionError as error:
        refuse(prog, error)
    return 0


def _text(trained: Program, weights: Path, options: GenerateOptions) -> str:
    from keras_nonnormal.datasets import DatasetError
    from keras_nonnormal.datasets.spelling import numbers_of, text_of, tokens_of
    from keras_nonnormal.training import RunDirectoryError
    from keras_nonnormal.training.sampling import sample_tokens
    from keras_nonnormal.training.weights import load_weights

    corpus = trained.task.corpus
    line_end, words = tokens_of("\n", corpus), tokens_of(options.prompt, corpus)
    try:
        task = trained.task.load(trained.run.seed)
        network = trained.network.model(trained, task)
        load_weights(network, weights)
    except (DatasetError, RunDirectoryError) as error:
        raise OptionError(error) from error
    vocabulary = task.corpus.vocabulary
    try:
        prompt = numbers_of([*line_end, *words], vocabulary)
    except ValueError as error:
        raise OptionError(f"--prompt: {error}") from error
    drawn = sample_tokens(
        network,
        prompt,
        options.generate,
        temperature=options.temperature,
        most_likely=options.most_likely,
        seed=options.seed,
    )
    return text_of([*words, *(vocabulary[number] for number in drawn)], corpus)
