"""Every example in a docstring of the package runs and prints what it shows."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import resources_py

MODULES = sorted(module.name for module in pkgutil.walk_packages(resources_py.__path__, "resources_py."))


PUBLIC = {name: getattr(resources_py, name) for name in resources_py.__all__}  # a mixin's examples use the whole class


@pytest.mark.parametrize("name", ["resources_py", *(name for name in MODULES if not name.endswith("__main__"))])
def test_docstrings(name: str) -> None:
    module = importlib.import_module(name)
    assert doctest.testmod(module, extraglobs=PUBLIC, optionflags=doctest.NORMALIZE_WHITESPACE).failed == 0


@pytest.mark.parametrize("owner", [resources_py.Resources, resources_py.Quantity], ids=lambda owner: owner.__name__)
def test_every_public_member_is_in_the_reference(root: Path, owner: type) -> None:
    """Those that it inherits from classes that are not public, too."""
    headings = re.findall(rf"^#### {owner.__name__}\.(.*)$", (root / "docs/reference.md").read_text("utf-8"), re.M)
    documented = {name for heading in headings for name in heading.split(", ")}
    fields = getattr(owner, "__dataclass_fields__", {})
    members = {name for name in dir(owner) if not name.startswith("_") and name not in fields and name != "Config"}
    assert documented - {"__bytes__"} == members
