"""What the tests of the integrations share. They run by run.py, each group in an environment of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Stay out of the other tests' run: its environment has none of the integrations."""
    return None if config.rootpath == HERE else True


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository: its documentation and examples. Never what is imported."""
    return HERE.parent.parent
