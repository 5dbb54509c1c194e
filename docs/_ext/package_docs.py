"""Help autodoc and sphinx-click with what they would miss or misread in this package."""

from pathlib import Path
from typing import Any

import click
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.inspect import signature, stringify_annotation

import resources_py
from resources_py.cli._main import _group

PACKAGE = Path(resources_py.__file__).parent
VALUES = ("Resources", "ContainerResources", "ExtendedResources", "SharedMemory")


def find_attribute_docs() -> None:
    """Let autodoc find the docstrings of attributes.

    The classes say that they are defined in `resources_py`, which is where people import them. Autodoc would look for
    the docstrings of their attributes in the source of that module.
    """
    private = sorted(PACKAGE.glob("**/_[a-z]*.py"))
    for name in ("resources_py", "resources_py.kubernetes", "resources_py.service"):
        public = ModuleAnalyzer.for_module(name)
        public.analyze()
        for path in private:
            analyzer = ModuleAnalyzer.for_file(path, path.stem)
            analyzer.analyze()
            public.attr_docs |= analyzer.attr_docs
            public.annotations |= analyzer.annotations
            public.tagorder |= analyzer.tagorder


def show_accepted_types(app: Sphinx, domain: str, kind: str, content: object) -> None:
    """Show what a constructor accepts. Autodoc shows what the attribute of that name holds, which is less."""
    recorded = app.env.current_document.autodoc_annotations
    for name in VALUES:
        if shown := recorded.get(f"resources_py.{name}"):
            accepted = signature(getattr(resources_py, name).__init__, type_aliases=app.config.autodoc_type_aliases)
            for parameter in shown:
                shown[parameter] = stringify_annotation(accepted.parameters[parameter].annotation, "smart")


def name_commands() -> None:
    """Name each command as the group does: its function is called `command`, like all the others."""
    context = click.Context(_group)
    for name in _group.list_commands(context):
        _group.get_command(context, name).name = name


def show_epilog_as_printed(app: Sphinx, context: click.Context, lines: list[str]) -> None:
    """Show the tables and examples below a command's options as the terminal does, not as flowing text."""
    if lines:
        lines[:] = [".. code-block:: text", "", *(f"   {line.removeprefix('| ')}" for line in lines)]


def keep_places_as_text(app: Sphinx, context: click.Context, lines: list[str]) -> None:
    """Make no link of `file:line:column`, which looks like a URL."""
    lines[:] = [line.replace("file:line", r"file\:line") for line in lines]


def tidy(app: Sphinx, document: nodes.document) -> None:
    """Print the dash between a parameter and its description, and no empty line at the end of a session.

    The dash otherwise needs `smartquotes`, and doctest needs the empty line.
    """
    for text in list(document.findall(nodes.Text)):
        if text.startswith(" -- "):
            text.parent.replace(text, nodes.Text(text.replace(" -- ", " \N{EN DASH} ", 1)))
    for block in document.findall(nodes.literal_block):
        if len(block) == 1 and block.astext().endswith("\n"):
            block.rawsource = block.astext().rstrip("\n")
            block[0] = nodes.Text(block.rawsource)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the functions above."""
    find_attribute_docs()
    name_commands()
    app.connect("object-description-transform", show_accepted_types, priority=400)  # autodoc's own comes later
    app.connect("sphinx-click-process-epilog", show_epilog_as_printed)
    app.connect("sphinx-click-process-description", keep_places_as_text)
    app.connect("doctree-read", tidy)
    return {"parallel_read_safe": True}
