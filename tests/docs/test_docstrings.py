"""Every example in a docstring of the package runs and prints what it shows."""

from __future__ import annotations

import dataclasses
import doctest
import importlib
import inspect
import pkgutil

import pytest

import resources_py

MODULES = sorted(module.name for module in pkgutil.walk_packages(resources_py.__path__, "resources_py."))


PUBLIC = {name: getattr(resources_py, name) for name in resources_py.__all__}  # a mixin's examples use the whole class


@pytest.mark.parametrize("name", ["resources_py", *(name for name in MODULES if not name.endswith("__main__"))])
def test_docstrings(name: str) -> None:
    module = importlib.import_module(name)
    assert doctest.testmod(module, extraglobs=PUBLIC, optionflags=doctest.NORMALIZE_WHITESPACE).failed == 0


@pytest.mark.parametrize("name", ["Resources", "ContainerResources", "ExtendedResources", "SharedMemory"])
def test_signatures_show_the_parameters_alone(name: str) -> None:
    """With their types, in the order of the attributes, and without the keyword that catches misspelled names."""
    public = getattr(resources_py, name)
    parameters = inspect.signature(public).parameters
    assert list(parameters) == [field.name for field in dataclasses.fields(public)]
    assert all(each.annotation is not each.empty for each in parameters.values())
