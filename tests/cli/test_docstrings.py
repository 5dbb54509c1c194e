"""Every example in the command's own docstrings runs."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import resources_py.cli


@pytest.mark.parametrize("name", [module.name for module in pkgutil.iter_modules(resources_py.cli.__path__)])
def test_docstrings(name: str) -> None:
    assert doctest.testmod(importlib.import_module(f"resources_py.cli.{name}")).failed == 0
