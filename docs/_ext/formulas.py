"""Formulas as MathML, which browsers draw by themselves, with a font of the site's own.

Large brackets need a font that knows about formulas, which not every machine has.
"""

from pathlib import Path

import ziamath
from docutils import nodes
from latex2mathml.converter import convert

FONT = Path(ziamath.__file__).parent / "fonts" / "STIXTwoMath-Regular.ttf"


def _inline(translator, node: nodes.math) -> None:
    translator.body.append(convert(node.astext()))
    raise nodes.SkipNode


def _display(translator, node: nodes.math_block) -> None:
    anchor = f' id="{node["ids"][0]}"' if node["ids"] else ""
    formula = convert(node.astext(), display="block")
    # A wide formula is scrolled by itself, so that the page never is.
    translator.body.append(f'<div class="formula"{anchor} tabindex="0">{formula}</div>')
    raise nodes.SkipNode


def setup(app):
    """Registers the renderer `mathml`."""
    app.config.html_static_path.append(str(FONT))
    app.add_html_math_renderer("mathml", (_inline, None), (_display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
