"""Replay the corpus of the fuzzer."""

from __future__ import annotations

import warnings
from typing import Any

import corpus
import pytest
import targets

from resources_py import Quantity, Resources


@pytest.fixture(autouse=True)
def silent() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def test_every_target_has_a_corpus() -> None:
    assert corpus.names() == sorted(targets.TARGETS)


@pytest.mark.parametrize("name", targets.TARGETS)
def test_corpus(name: str) -> None:
    inputs = corpus.read(name)
    assert len(inputs) > 30
    for data in inputs:
        try:
            targets.TARGETS[name](data)
        except Exception as error:
            error.add_note(f"input: {corpus.quoted(data)}")
            raise


@pytest.mark.parametrize("name", targets.TARGETS)
def test_corpus_detects_broken_readers(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The corpus detects a reader that accepts everything and returns an empty result."""
    if name == "quantity":
        monkeypatch.setattr(targets, "Quantity", lambda text: Quantity("1"))
    elif name == "files":
        monkeypatch.setattr("resources_py.cli._main.run", lambda arguments: 1)  # prints nothing
    else:
        stub = type("Stub", (), {reader: staticmethod(lambda data: Resources()) for reader in targets.TARGETS})
        monkeypatch.setattr(targets, "Resources", stub)
        monkeypatch.setattr(targets, "sound", lambda read: None)
    failures = 0
    for data in corpus.read(name):
        try:
            targets.TARGETS[name](data)
        except Exception:
            failures += 1
    assert failures > 0


def test_quoting() -> None:
    for data in (b"", bytes(range(256)), b'"\\x00"'):
        assert corpus.unquoted(corpus.quoted(data)) == data
        assert corpus.quoted(data).isascii()
        assert corpus.quoted(data).isprintable()
