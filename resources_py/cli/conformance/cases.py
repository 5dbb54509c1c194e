"""The cases of a suite, from conformance/vectors."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

from resources_py.cli.terminal import Failure

SUITES: Final = {"resolve": "resolve.jsonl", "quantity": "quantities.jsonl", "declare": "declare.jsonl"}
# What a port of the quantity may lack: its rows do not name it.
_ARITHMETIC: Final = "arithmetic"
NEEDS: Final = ("float", "decimal", "index", _ARITHMETIC)

# The wheel has the vectors beside this module; in a clone they are in conformance/.
_FOLDERS: Final = (Path(__file__).parent / "vectors", Path(__file__).parents[3] / "conformance" / "vectors")

Json = dict[str, Any]


class Case(NamedTuple):
    """One line of the vectors.

    Attributes:
        key: Its name; unique in the suite.
        asked: What is sent.
        expected: What must be answered.
        needs: What a language may lack.
    """

    key: str
    asked: Json
    expected: Json
    needs: tuple[str, ...] = ()


class Observation(NamedTuple):
    """What was answered to one case, in one way of asking.

    Attributes:
        key: The case.
        way: How it was asked: ``unary``, ``stream`` or ``program``.
        expected: What must be answered.
        got: What was answered. It equals `expected` if the implementation conforms.
    """

    key: str
    way: str
    expected: Json
    got: Json


class SilentError(Failure):
    """The other side did not answer in time, so it was hung up on."""


def load(suite: str, folder: Path | None) -> list[Case]:
    """Read the cases of a suite."""
    name = SUITES[suite]
    folder = folder or next((found for found in _FOLDERS if (found / name).exists()), _FOLDERS[0])
    try:
        lines = (folder / name).read_text("utf-8").splitlines()
        return [_CASES[suite](json.loads(line)) for line in lines]
    except OSError as error:
        raise Failure(f"{folder / name}: {error.strerror}: pass the folder of the vectors with --vectors") from error
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise Failure(f"{folder / name}: not the vectors of the suite {suite}") from error


def _resolve_case(row: Json) -> Case:
    return Case(row["tag"], {"hex": row["hex"]}, _select(row, "status", "answer", "violations"))


def _declare_case(row: Json) -> Case:
    expected = _select(row, "wire", "warnings", "violations")
    return Case(row["tag"], {"arguments": row["arguments"]}, expected, tuple(row.get("needs", ())))


def _quantity_case(row: Json) -> Case:
    asked = _select(row, "text", "left", "right", "factor")
    expected = {key: value for key, value in row.items() if key not in asked and key not in ("tag", "string")}
    return Case(" ".join(asked.values()), asked, expected, () if "text" in asked else (_ARITHMETIC,))


def _select(row: Json, *keys: str) -> Json:
    return {key: row[key] for key in keys if key in row}


_CASES: Final = {"resolve": _resolve_case, "declare": _declare_case, "quantity": _quantity_case}


def without(cases: Iterable[Case], lacks: Iterable[str]) -> list[Case]:
    """Return the cases that need nothing of `lacks`."""
    lacking = set(lacks)
    return [case for case in cases if lacking.isdisjoint(case.needs)]
