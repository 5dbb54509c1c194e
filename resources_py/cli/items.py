"""What is read from an input."""

from __future__ import annotations

from typing import Any, NamedTuple

from resources_py.cli.diagnostics import Diagnostic, Place


class Item(NamedTuple):
    """One Resources, or what was made of it; None where it cannot be read."""

    place: Place
    result: Any
    diagnostics: list[Diagnostic]
    subject: str = ""


class GpuResource(NamedTuple):
    """The cluster's name for its GPUs, and what to add to a message about another extended resource."""

    name: str
    hint: str = ""
