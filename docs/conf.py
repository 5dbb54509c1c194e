"""The settings of the site: `make docs`."""

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The package is documented from its source. docs/_ext has the extensions.
sys.path[:0] = [str(ROOT), str(ROOT / "generated" / "python"), str(ROOT / "docs" / "_ext")]

project = "resources-py"
author = "the authors of resources-py"
version = release = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_click",
    "sphinx_copybutton",
    "proto_reference",
    "go_reference",
    "package_docs",
]
exclude_patterns = ["_ext"]
nitpicky = True
# The inventory of the standard library needs network access, so only our own names are checked.
nitpick_ignore_regex = [("py:.*", r"(?!resources_py\b|resourceidl\b).*")]

myst_heading_anchors = 4

smartquotes = False  # two hyphens start an option
default_role = "code"  # docstrings write `name`, as Markdown does
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
autodoc_type_aliases = {name: f"resources_py.{name}" for name in ("CpuValue", "ResourceValue")}
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = False

html_theme = "furo"
html_title = f"resources-py {version}"
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
# Of a session, only what follows a prompt is copied: no class marks all of the output, least of all of a traceback.
copybutton_exclude = ".linenos"
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
