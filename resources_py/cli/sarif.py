"""SARIF 2.1.0, the format in which code scanning services take findings."""

import hashlib
import json
import os
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path, PurePath
from typing import Any, Final
from urllib.parse import quote

from resources_py._reasons import HELP
from resources_py.cli.diagnostics import Diagnostic
from resources_py.cli.terminal import NAME

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
# The name has a version: another rule for what makes a finding the same gets another.
_FINGERPRINT: Final = "resourcesPyFinding/v1"


def print_sarif(diagnostics: Iterable[Diagnostic]) -> None:
    """Print a log with one run, a result on each line, so that it is never held in memory."""
    # Our columns count characters, not UTF-16's units.
    run = {"tool": {"driver": _driver()}, "columnKind": "unicodeCodePoints"}
    log = json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})
    print(log.removesuffix("}]}") + ', "results": [')
    separator = ""
    for diagnostic in diagnostics:
        print(separator + json.dumps(_result(diagnostic)))
        separator = ","
    print("]}]}")


def _driver() -> dict[str, Any]:
    rules = [
        {
            "id": reason,
            "shortDescription": {"text": text.partition(". ")[0].removesuffix(".") + "."},
            "fullDescription": {"text": text},
            "help": {"text": text},
        }
        for reason, text in HELP.items()
    ]
    return {"name": NAME, "version": version(NAME), "rules": rules}


def _result(diagnostic: Diagnostic) -> dict[str, Any]:
    place, subject = diagnostic.place, diagnostic.subject
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(place.file)}}
    if place.line:
        physical["region"] = {"startLine": place.line}
    if place.column:
        physical["region"] |= {"startColumn": place.column, "endColumn": place.column + place.width}
    location: dict[str, Any] = {"physicalLocation": physical}
    if any(subject):
        name = f"{subject.namespace}/{subject}" if subject.namespace else str(subject)
        location["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "resource"}]
    same = "\0".join((diagnostic.reason, diagnostic.field, *subject, diagnostic.written))
    return {
        "ruleId": diagnostic.reason,
        "level": diagnostic.severity,
        "message": {"text": diagnostic.message + (f" (in {subject})" if any(subject) else "")},
        "locations": [location],
        "partialFingerprints": {_FINGERPRINT: hashlib.sha256(same.encode("utf-8", "replace")).hexdigest()[:32]},
        "properties": {"field": diagnostic.field, **subject._asdict()},
    }


def _uri(file: str) -> str:
    """Return a file's path from here as a URI; of a file elsewhere, its whole path."""
    path = PurePath(file)
    if path.is_absolute():
        try:
            path = path.relative_to(Path.cwd())
        except ValueError:
            return path.as_uri()
    return quote(os.fsencode(path.as_posix()))
