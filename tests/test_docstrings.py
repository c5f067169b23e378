"""Docstrings of the package begin with the thing that they describe."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "keras_nonnormal"
PRONOUN = re.compile(
    r"(That|Those|This|These|What|Whatever|Which|Who|Whose|It|Its|They|Their|None)\b"
    r"|The same (of|as|without)\b|All of it\b"
)
FILES = sorted(PACKAGE.rglob("*.py"))


def docstrings(tree):
    """Every string that stands alone, also behind an attribute, with its line."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for each in body if isinstance(body, list) else ():  # that of a lambda is one
            value = getattr(each, "value", None)
            text = getattr(value, "value", None)
            if isinstance(each, ast.Expr) and isinstance(text, str):
                yield each.lineno, text.strip()


def with_a_pronoun(source):
    return [
        f"{line}: {text.splitlines()[0]}"
        for line, text in docstrings(ast.parse(source))
        if PRONOUN.match(text)
    ]


def test_docstrings_begin_with_a_noun():
    found = [
        f"{file.relative_to(PACKAGE)}:{each}"
        for file in FILES
        for each in with_a_pronoun(file.read_text("utf-8"))
    ]
    assert len(FILES) > 150
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("That of a layer.", True),
        ("What a matrix may depend on.", True),
        ("Its width.", True),
        ("The input kernel of a layer, `(features, units)`.", False),
        ("Theta, an angle.", False),
        ("Items of a list.", False),
    ],
)
def test_the_rule_finds_pronouns_and_nothing_else(text, found):
    source = f'class A:\n    """A class."""\n    b = 1\n    """{text}"""\n'
    assert bool(with_a_pronoun(source)) is found
