"""The settings of the site: `make docs`."""

import sys
import tomllib
from pathlib import Path

import click
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer

ROOT = Path(__file__).resolve().parent.parent
# The package is documented from its source. docs/_ext has the extensions.
sys.path[:0] = [str(ROOT), str(ROOT / "generated" / "python"), str(ROOT / "docs" / "_ext")]

from resources_py.cli._main import _group  # noqa: E402

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
]
exclude_patterns = ["_ext"]
nitpicky = True
# Without network access there is no inventory of the standard library: only our own names are checked.
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
copybutton_exclude = ".linenos, .gp, .go"  # prompts and output are not copied
pygments_style = "default"


def find_attribute_docs() -> None:
    """Let autodoc find the docstrings of attributes.

    The classes say that they are defined in `resources_py`, which is where people import them. Autodoc would look for
    the docstrings of their attributes in the source of that module.
    """
    private = sorted(ROOT.glob("resources_py/**/_[a-z]*.py"))
    for name in ("resources_py", "resources_py.kubernetes", "resources_py.service"):
        public = ModuleAnalyzer.for_module(name)
        public.analyze()
        for path in private:
            analyzer = ModuleAnalyzer.for_file(path, path.stem)
            analyzer.analyze()
            public.attr_docs |= analyzer.attr_docs
            public.annotations |= analyzer.annotations
            public.tagorder |= analyzer.tagorder


def name_commands() -> None:
    """Give each command its name: the functions are all called `command`, and the group knows the names."""
    context = click.Context(_group)
    for name in _group.list_commands(context):
        _group.get_command(context, name).name = name


def show_epilog_as_printed(app: object, context: object, lines: list[str]) -> None:
    """Show the tables and examples below a command's options as the terminal does, not as flowing text."""
    if lines:
        lines[:] = [".. code-block:: text", "", *(f"   {line.removeprefix('| ')}" for line in lines)]


def setup(app: Sphinx) -> None:
    """Connect what this file defines."""
    find_attribute_docs()
    name_commands()
    app.connect("sphinx-click-process-epilog", show_epilog_as_printed)
