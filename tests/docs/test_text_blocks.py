"""How the comments of the schema and of Go become Markdown: docs/_ext/text_blocks.py."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).resolve().parents[2] / "docs" / "_ext" / "text_blocks.py"


@pytest.fixture(scope="module")
def text_blocks() -> Any:
    spec = importlib.util.spec_from_file_location("text_blocks", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("comment", "markdown"),
    [
        ("One.\nTwo.\n\nThree.", "One.\nTwo.\n\nThree."),
        ("# Writing\n\nText.", "**Writing**\n\nText."),
        ("a_b, a*b and [c], but `d_e*`", r"a\_b, a\*b and \[c], but `d_e*`"),
        ("    quantity = number\n      suffix", "```text\nquantity = number\n  suffix\n```"),
        ("  First: a\n    b.\n  Second.", "- First: a\n  b.\n- Second."),
        ("  1. First\n     line.\n  2. Second.", "1. First\n   line.\n2. Second."),
        (
            "  reason | field | when\n  -------|-------|-----\n  A      | x     | one\n         |       | two\n  B,     | y     | three\n  C      |       | four",
            "| reason | field | when |\n| --- | --- | --- |\n| A | x | one two |\n| B, C | y | three four |",
        ),
    ],
    ids=["paragraphs", "heading", "markup", "code", "items", "numbers", "table"],
)
def test_to_markdown(text_blocks: Any, comment: str, markdown: str) -> None:
    assert text_blocks.to_markdown(comment) == markdown
