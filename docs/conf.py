"""Settings of the site, which `make docs` builds without a network."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import notebooks  # noqa: E402

version_file = HERE.parent / "keras_nonnormal" / "version.py"
namespace: dict[str, str] = {}
exec(version_file.read_text("utf-8"), namespace)

project = "keras_nonnormal"
author = "The keras_nonnormal developers"
copyright = author
version = release = namespace["__version__"]

extensions = ["myst_nb", "formulas", "public_api", "published_tables"]
exclude_patterns = ["_build"]

myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_excludepatterns = notebooks.bring()
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_merge_streams = True

html_theme = "furo"
html_title = f"keras_nonnormal {release}"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
pygments_style = "friendly"
python_maximum_signature_line_length = 88
python_display_short_literal_types = True
toc_object_entries_show_parents = "hide"
