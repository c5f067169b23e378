"""The directive `{public} MODULE`: every public name of a module, from its docstring.

The docstrings are Markdown, as Keras's are: formulas between dollar signs, code between
backticks, sections such as `Args:`. They are made into Markdown that MyST reads.
"""

import importlib
import inspect
import re
import textwrap
from types import ModuleType
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

SECTION = re.compile(r"^(Call arguments|Input shape|Output shape|[A-Z][a-z]+):$")
ITEM = re.compile(r"^(\*{0,2}[\w., *`]+?): (.*)", re.DOTALL)
TITLES = {"Args": "Arguments"}
IN_WORDS = ("Example", "Examples", "Reference", "References", "Note", "Source")


def markdown(docstring: str) -> str:
    """A docstring as Markdown: sections as lists, examples as blocks of code."""
    parts = []
    lines = inspect.cleandoc(docstring).splitlines()
    while lines:
        found = SECTION.match(lines[0])
        if found and (len(lines) == 1 or not lines[1] or lines[1][0] == " "):
            name = found[1]
            lines.pop(0)
            body = []
            while lines and (not lines[0] or lines[0].startswith(" ")):
                body.append(lines.pop(0))
            text = textwrap.dedent("\n".join(body)).strip()
            text = text if name in IN_WORDS else _items(text)
            parts.append(f"\n**{TITLES.get(name, name)}**\n\n{text}\n")
        else:
            parts.append(lines.pop(0))
    return _examples("\n".join(parts))


def _items(text: str) -> str:
    """`name: what it is`, a paragraph each, as a list; other text as it is."""
    items = [textwrap.dedent(each) for each in re.split(r"\n(?=\S)", text)]
    if not all(ITEM.match(item) for item in items):
        return text
    listed = []
    for item in items:
        name, what = ITEM.match(item).groups()  # type: ignore[union-attr]
        what = inspect.cleandoc(what)
        listed.append(
            f"- **`{name.strip('`')}`** {textwrap.indent(what, '  ').strip()}"
        )
    return "\n".join(listed)


def _examples(text: str) -> str:
    """Sessions of the interpreter, up to an empty line, as blocks of code."""
    return re.sub(
        r"(?m)^([ ]*)>>> .*(?:\n(?![ ]*$).*)*",
        lambda found: f"{found[1]}```pycon\n{found[0]}\n{found[1]}```",
        text,
    )


def signature(value: Any) -> str:
    """The arguments of a class or function with their defaults; nothing of an error."""
    if inspect.isclass(value) and issubclass(value, Exception):
        return ""
    # A class of Keras has a `__new__` that hides its arguments.
    hidden = inspect.isclass(value) and not issubclass(value, tuple)
    declared = getattr(value, "__signature__", None)
    found = declared or inspect.signature(value.__init__ if hidden else value)
    parameters = list(found.parameters.values())
    if hidden and not declared:
        parameters = _with_inherited(value, parameters[1:])
    plain = [
        each.replace(annotation=each.empty, default=_default(each.default))
        for each in parameters
    ]
    return str(inspect.Signature(plain))


def _with_inherited(cls: type, parameters: list) -> list:
    """Adds what `*args` and `**kwargs` stand for: `units`, and keywords of our own."""
    first, last = parameters[:1], parameters[-1:]
    if not last or last[0].kind != last[0].VAR_KEYWORD:
        return parameters
    names = {each.name for each in parameters}
    units, keywords = [], []
    for base in cls.__mro__[1:-1]:
        if "__init__" not in vars(base):
            continue
        arguments = inspect.signature(vars(base)["__init__"]).parameters
        units += [each for name, each in arguments.items() if name == "units"]
        if base.__module__.startswith("keras_nonnormal"):
            own = (each for name, each in arguments.items() if name not in names)
            keywords += [each for each in own if each.kind == each.KEYWORD_ONLY]
    if first[0].kind == first[0].VAR_POSITIONAL and units:
        parameters = [units[0], *parameters[1:]]
    return [*parameters[:-1], *keywords, *last]


class _Named:
    """A default that is a function or a class, shown by its name."""

    def __init__(self, value: Any):
        self.name = value.__name__.replace("<lambda>", "...")

    def __repr__(self) -> str:
        return self.name


def _default(value: Any) -> Any:
    named = value is not inspect.Parameter.empty and hasattr(value, "__name__")
    return _Named(value) if named else value


def own_members(cls: type) -> list[tuple[str, str, Any]]:
    """Kind, name and value of the members that the package documents."""
    found = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith("keras_nonnormal"):
            found.update(vars(base))
    members = []
    for name, value in found.items():
        plain = getattr(value, "__func__", value)
        if name.startswith("_") or not getattr(plain, "__doc__", None):
            continue
        if isinstance(value, property):
            members.append(("property", name, value))
        elif inspect.isfunction(plain):
            members.append(("method", name, value))
    return members


def entry(module: str, name: str, value: Any) -> str:
    """A public name as a directive of MyST."""
    if getattr(value, "__name__", name) != name:
        text = f"Another name of {{py:obj}}`~{module}.{value.__name__}`."
        kind = "class" if inspect.isclass(value) else "function"
        head = name + signature(value)
    elif inspect.isclass(value):
        kind, inner = "class", []
        for member, called, what in own_members(value):
            plain = getattr(what, "__func__", what)
            arguments = "" if member == "property" else _of_method(what)
            options = [f":{kind_of}:" for kind_of in _flavour(what)]
            text = markdown(plain.__doc__)
            inner.append(_directive(member, called + arguments, options, text, 3))
        text = "\n\n".join([markdown(value.__doc__ or ""), *inner])
        head = name + signature(value)
    elif callable(value):
        kind, head, text = "function", name + signature(value), markdown(value.__doc__)
    else:
        shown = repr(value)
        shown = shown if len(shown) < 70 else f"{shown[:66]} ..."
        kind, head, text = "data", name, f"`{shown}`"
    return _directive(kind, head, [f":module: {module}"], text, 5)


def _of_method(value: Any) -> str:
    plain = getattr(value, "__func__", value)
    text = signature(plain)
    if isinstance(value, staticmethod):
        return text
    return re.sub(r"^\((?:self|cls)(?:, )?", "(", text)


def _flavour(value: Any) -> list[str]:
    flavours = {classmethod: "classmethod", staticmethod: "staticmethod"}
    return [flavours[type(value)]] if type(value) in flavours else []


def _directive(kind: str, head: str, options: list[str], text: str, ticks: int) -> str:
    fence = ":" * ticks
    head = " ".join(head.split())
    return "\n".join([f"{fence}{{py:{kind}}} {head}", *options, "", text, fence])


def first_sentence(value: Any) -> str:
    """The first sentence of a docstring."""
    text = inspect.cleandoc(value.__doc__ or "").split("\n\n")[0].replace("\n", " ")
    return re.split(r"(?<=[^.]\.)\s", text)[0]


class Public(SphinxDirective):
    """Every name in `__all__` of a module, in its order, after a table of them.

    With the option `elsewhere`, the table alone, whose names link to the entries in the
    subpackage that the name comes from.
    """

    required_arguments = 1
    option_spec = {"elsewhere": lambda _: True}

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()  # docstrings may have changed in any file
        name = self.arguments[0]
        module: ModuleType = importlib.import_module(name)
        public = {each: getattr(module, each) for each in names(module)}
        lines = ["| name | |", "|---|---|"]
        homes = {each: home(each, value, name) for each, value in public.items()}
        for each, value in public.items():
            about = first_sentence(value) if callable(value) else ""
            about = about.replace("|", "\\|")
            link = each if each.startswith("__") else f"{homes[each]}.{each}"
            shown = f"`{each}`" if link == each else f"{{py:obj}}`~{link}`"
            lines.append(f"| {shown} | {about} |")
        if "elsewhere" not in self.options:
            for each, value in public.items():
                lines += ["", *entry(name, each, value).splitlines()]
        box = nodes.container()
        self.state.nested_parse(StringList(lines, source=name), 0, box)
        return box.children


def names(module: ModuleType) -> list[str]:
    """Public names of a module: `__all__`, or else what it defines."""
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return [each for each in sorted(listed, key=str.lower)]
    return [
        name
        for name, value in vars(module).items()
        if getattr(value, "__module__", "") == module.__name__ and name[0] != "_"
    ]


def home(name: str, value: Any, asked: str) -> str:
    """The package in whose page a name has its entry."""
    if asked != "keras_nonnormal":
        return asked
    defined = getattr(value, "__module__", asked).split(".")
    return ".".join(defined[:2])


def setup(app):
    """Registers the directive."""
    app.add_directive("public", Public)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
