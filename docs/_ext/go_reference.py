"""The directive `go-package`: the reference of a Go package, from `go doc`."""

import os
import re
import shutil
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from text_blocks import to_markdown

ROOT = Path(__file__).resolve().parents[2]
_NAME = re.compile(r"(?:func (?:\(\w+ \*?(?P<owner>\w+)\) )?|type |var |const )(?P<name>\w+)")
_SECTIONS = ("CONSTANTS", "VARIABLES", "FUNCTIONS", "TYPES")


def render(text: str) -> Iterator[str]:
    """Yield the Markdown of what `go doc -all` prints: declarations, each with the comment below it."""
    head, *sections = re.split(rf"^({'|'.join(_SECTIONS)})$", text, flags=re.M)
    yield f"## {head.partition(' //')[0].capitalize()}"
    yield to_markdown(head.partition("\n")[2])
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        yield f"## {title.capitalize()}"
        for declaration, comment in split_declarations(body):
            if names := _NAME.match(declaration):
                qualified = ".".join(filter(None, [names["owner"], names["name"]]))
                yield f"(go.{qualified})=\n### {qualified}"
            yield f"```go\n{declaration}\n```"
            yield to_markdown(comment)


def split_declarations(body: str) -> Iterator[tuple[str, str]]:
    """Yield each declaration with its comment, which follows it and is indented by four spaces."""
    for part in re.split(r"^(?=(?:func|type|var|const) )", body, flags=re.M)[1:]:
        lines = part.splitlines()
        code = [line for line in lines if line and not line.startswith("    ")]
        comment = [line for line in lines if not line or line.startswith("    ")]
        yield "\n".join(code), textwrap.dedent("\n".join(comment))


class GoPackageDirective(SphinxDirective):
    """``{go-package} FOLDER``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the reference as document nodes."""
        folder = ROOT / self.arguments[0]
        for source in folder.glob("*.go"):
            self.env.note_dependency(str(source))
        go = shutil.which(os.environ.get("GO", "go"))
        if go is None:
            text = f"This site was built without Go. `go doc -all` in `{self.arguments[0]}` prints this page."
        else:
            command = [go, "doc", "-all", "."]
            # `go doc` runs the first go on the PATH.
            path = os.pathsep.join([str(Path(go).parent), os.environ.get("PATH", os.defpath)])
            printed = subprocess.check_output(command, cwd=folder, text=True, env={**os.environ, "PATH": path})
            text = "\n\n".join(render(printed))
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("go-package", GoPackageDirective)
    return {"parallel_read_safe": True}
