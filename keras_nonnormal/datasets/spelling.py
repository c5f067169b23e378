"""Texts as tokens of a corpus, and back."""

from collections.abc import Iterable

END_OF_LINE = "<eos>"
CHARACTERS = {"_": " ", END_OF_LINE: "\n"}


def text_of(tokens: Iterable[str], corpus: str) -> str:
    """The text that tokens of a corpus stand for.

    Args:
        tokens: The tokens.
        corpus: `"enwik8"`, of bytes, `"ptb-char"`, of characters, or another name, of
            words.
    """
    if corpus == "enwik8":
        return "".join(tokens).encode("latin-1").decode("utf-8", errors="replace")
    if corpus == "ptb-char":
        return "".join(CHARACTERS.get(token, token) for token in tokens)
    lines = " ".join(tokens).split(END_OF_LINE)
    return "\n".join(line.strip() for line in lines)


def tokens_of(text: str, corpus: str) -> list[str]:
    """The tokens of a corpus that a text is made of; line ends are tokens, too.

    Args:
        text: The text.
        corpus: See `text_of`.

    Example:

    >>> tokens_of("no it was", "ptb-char")
    ['n', 'o', '_', 'i', 't', '_', 'w', 'a', 's']
    """
    if corpus == "enwik8":
        return [*text.encode("utf-8").decode("latin-1")]
    if corpus == "ptb-char":
        spelled = {character: token for token, character in CHARACTERS.items()}
        return [spelled.get(character, character) for character in text]
    return text.replace("\n", f" {END_OF_LINE} ").split()


def numbers_of(tokens: Iterable[str], vocabulary: Iterable[str]) -> list[int]:
    """The numbers of tokens in a vocabulary.

    Raises:
        ValueError: If one is not in it.
    """
    places = {token: place for place, token in enumerate(vocabulary)}
    strangers = [token for token in tokens if token not in places]
    if strangers:
        raise ValueError(
            f"the text has {len(places)} different tokens, of which {strangers[0]!r} "
            "is none"
        )
    return [places[token] for token in tokens]
