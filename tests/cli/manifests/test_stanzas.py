"""The quick answer about a stanza is that of its rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from resources_py._stanza import StanzaValidator
from resources_py.cli.documents.nodes import to_plain
from resources_py.cli.documents.plain import DuplicateDict
from resources_py.cli.documents.yaml import parse_yaml
from resources_py.cli.manifests.stanzas import is_clean

STANZAS = Path(__file__).resolve().parents[1] / "stanzas.jsonl"


def cases() -> list[Any]:
    """Return stanzas of every kind, with their values as texts."""
    texts = [json.loads(line)["stanza"] for line in STANZAS.read_text().splitlines()]
    stanzas = [to_plain(parse_yaml(text)[0]) for text in texts]
    return [
        {side: {str(k): str(v) for k, v in (entries or {}).items()} for side, entries in stanza.items()}
        for stanza in stanzas
        if isinstance(stanza, dict) and all(side is None or isinstance(side, dict) for side in stanza.values())
    ]


def test_the_quick_answer_is_that_of_the_rules() -> None:
    answers = [(is_clean(stanza), not StanzaValidator().validate(stanza)) for stanza in cases() for _ in range(2)]
    assert sum(quick for quick, _ in answers) > 100
    assert sum(not quick for quick, _ in answers) > 100
    assert (True, False) not in answers
    assert answers.count((False, True)) < 20  # with a long name, or claims


@pytest.mark.parametrize(
    "stanza",
    [
        None,
        "x",
        [],
        {"limits": {"cpu": 1}},  # not a text: as a key it would equal True
        {"limits": {"cpu": True}},
        {"limits": None},
        {"limits": DuplicateDict(cpu="1")},
        DuplicateDict(limits={"cpu": "1"}),
        {"limits": {"cpu": "1"}, "claims": []},
        {"limits": {"cpu": "{{x}}"}},
        {"limits": {"cpu": "0" * 64 + "1"}},
        {"limits": {f"example.com/{number}": "1" for number in range(9)}},
        {"limits": {"example.com/" + "x" * 60: "1"}},
    ],
)
def test_what_has_no_quick_answer(stanza: Any) -> None:
    assert not is_clean(stanza)
