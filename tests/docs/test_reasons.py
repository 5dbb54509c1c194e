"""Every reason has a section in docs/reference/reasons.md. tests/docs/test_pages.py runs its examples."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from resources_py import Reason

REASONS = sorted(name for name in vars(Reason) if name.isupper())
PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "reasons.md"
SECTIONS = dict(re.findall(r"^\((\w+)\)=\n### \1\n\n(.*?)(?=^\(|^## |\Z)", PAGE.read_text("utf-8"), re.M | re.S))


def test_every_reason_has_a_section() -> None:
    assert sorted(SECTIONS) == REASONS


def test_the_list_at_the_top_is_complete() -> None:
    listed, _, _ = PAGE.read_text("utf-8").partition("\n## ")
    assert re.findall(r"\[(\w+)\]\(#(\w+)\)", listed) == [(name, name.lower()) for name in SECTIONS]


@pytest.mark.parametrize("reason", REASONS)
def test_a_section_has_an_example_of_its_reason(reason: str) -> None:
    """In Python, with what to write instead; of a manifest, with what the command says. One reason is never alone."""
    text, _, example = SECTIONS[reason].partition("```")
    assert text.strip()
    if reason == Reason.TRUNCATED:
        return
    language, *lines = example.splitlines()
    if language == "pycon":
        assert any(line.startswith(f"{reason} | ") for line in lines)
        assert lines[lines.index("```") - 2] == "fine"
    else:
        assert re.search(rf"^\S+:\d+:\d+: (warning: )?{reason} ", example, re.M)
