"""Shared by the integration tests. scripts/ecosystem.py runs each group in its own environment."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Ignore these tests in the normal run, whose environment does not have the integrations."""
    return None if config.rootpath == HERE else True


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository, for its documentation and examples. Imports use the installed wheel."""
    return HERE.parent.parent
