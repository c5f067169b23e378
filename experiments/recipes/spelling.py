"""From the tokens of a corpus to text that one can read, and back."""

from collections.abc import Iterable

from experiments.core.options import OptionError

END_OF_LINE = "<eos>"


def text_of(tokens: Iterable[str], corpus: str) -> str:
    """The text that tokens stand for.

    Args:
        tokens: Tokens of the corpus.
        corpus: The name of the corpus.
    """
    if corpus == "enwik8":
        return "".join(tokens).encode("latin-1").decode("utf-8", errors="replace")
    if corpus == "ptb-char":
        return "".join(_CHARACTERS.get(token, token) for token in tokens)
    lines = " ".join(tokens).split(END_OF_LINE)
    return "\n".join(line.strip() for line in lines)


def tokens_of(text: str, corpus: str) -> list[str]:
    """The tokens that a text is made of.

    Args:
        text: The text; line ends are tokens, too.
        corpus: The name of the corpus.
    """
    if corpus == "enwik8":
        return [*text.encode("utf-8").decode("latin-1")]
    if corpus == "ptb-char":
        spelled = {character: token for token, character in _CHARACTERS.items()}
        return [spelled.get(character, character) for character in text]
    return text.replace("\n", f" {END_OF_LINE} ").split()


def numbers_of(tokens: Iterable[str], vocabulary: Iterable[str]) -> list[int]:
    """The numbers of tokens.

    Raises:
        OptionError: If a token is none of the vocabulary.
    """
    places = {token: place for place, token in enumerate(vocabulary)}
    strangers = [token for token in tokens if token not in places]
    if strangers:
        raise OptionError(
            f"--prompt: the text has {len(places)} different tokens, of which "
            f"{strangers[0]!r} is none"
        )
    return [places[token] for token in tokens]


_CHARACTERS = {"_": " ", END_OF_LINE: "\n"}
