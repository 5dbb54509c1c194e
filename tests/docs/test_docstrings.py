"""Every example in a docstring of the package runs and prints what it shows."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import resources_py

MODULES = sorted(module.name for module in pkgutil.walk_packages(resources_py.__path__, "resources_py."))


PUBLIC = {name: getattr(resources_py, name) for name in resources_py.__all__}  # a mixin's examples use the whole class


@pytest.mark.parametrize("name", ["resources_py", *(name for name in MODULES if not name.endswith("__main__"))])
def test_docstrings(name: str) -> None:
    module = importlib.import_module(name)
    assert doctest.testmod(module, extraglobs=PUBLIC, optionflags=doctest.NORMALIZE_WHITESPACE).failed == 0
