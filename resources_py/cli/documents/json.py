"""JSON as plain values, and where in the text each of them is."""

import json
import re
import sys
from json.decoder import scanstring  # type: ignore[attr-defined]  # typeshed lacks it
from typing import Any, Final, NamedTuple

from resources_py._json import reject_constant
from resources_py.cli.documents.document import MAX_DEPTH, MAX_VALUES, TOO_DEEP, TOO_MANY, DocumentError, Path, Span
from resources_py.cli.documents.plain import DuplicateDict

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_TEXT_OR_CONSTANT: Final = re.compile(r'"(?:[^"\\]|\\.)*"|(NaN|-?Infinity)', re.DOTALL)
_LONGEST_TOKEN: Final = len("-Infinity")  # but for texts and numbers
_MAX_DIGITS: Final = 400  # of an int: a longer one is read as a float


class CutError(DocumentError):
    """The text ends before the value does."""


def decode(text: str, start: int = 0) -> tuple[Any, int]:
    """Decode the value that begins at an offset; return it, and where it ends.

    Raises DocumentError, and CutError where more text might help.
    """
    try:
        value, end = _decode(text, start)
    except json.JSONDecodeError as error:
        is_cut = error.msg.startswith("Unterminated string") or error.pos >= len(text) - _LONGEST_TOKEN
        described = f"invalid JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        raise (CutError if is_cut else DocumentError)(described, error.pos) from error
    except RecursionError as error:
        raise DocumentError(TOO_DEEP, start) from error
    except ValueError as error:  # of a constant
        constants = (match.start(1) for match in _TEXT_OR_CONSTANT.finditer(text, start) if match[1])
        raise DocumentError(f"invalid JSON: {error}", next(constants, start)) from error
    _check_limits(value, text, start, end)
    return value, end


def skip_space(text: str, start: int) -> int:
    """Return where white space ends."""
    space = _SPACE.match(text, start)
    assert space is not None
    return space.end()


def _to_dict(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    duplicates = DuplicateDict(found)
    duplicates.duplicates = [key for key, _ in pairs if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
    return duplicates


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_to_dict, parse_constant=reject_constant)
_LONG_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_to_dict,
    parse_int=lambda digits: int(digits) if len(digits) <= _MAX_DIGITS else float(digits),
    parse_constant=reject_constant,
)


def _decode(text: str, start: int) -> tuple[Any, int]:
    """Decode with ints of Python's own making, which take a tenth less time, unless one has too many digits."""
    if sys.get_int_max_str_digits():
        try:
            return _DECODER.raw_decode(text, start)
        except json.JSONDecodeError:
            raise
        except ValueError as error:
            if "digits" not in str(error):
                raise
    return _LONG_DECODER.raw_decode(text, start)


def _check_limits(value: Any, text: str, start: int, end: int) -> None:
    """Reject what is too deep or holds too many values. Only a text that is long, or has many brackets, may do so."""
    if end - start < 2 * MAX_VALUES and text.count("{", start, end) + text.count("[", start, end) <= MAX_DEPTH:
        return
    level, count = [value], 0
    for depth in range(MAX_DEPTH + 1):
        count += len(level)
        containers = [each for each in level if isinstance(each, dict | list)]
        if containers and depth == MAX_DEPTH:
            raise DocumentError(TOO_DEEP, start)
        level = [child for each in containers for child in (each.values() if isinstance(each, dict) else each)]
    if count > MAX_VALUES:
        raise DocumentError(TOO_MANY, start)


# ---- finding a place


class _Entry(NamedTuple):
    key_start: int
    key_end: int
    start: int  # of the value


class Finder:
    """Finds where in a text the values of a document are.

    The decoder passes over what is not on the way, and each list or mapping on the way is looked through once.
    """

    def __init__(self, text: str, value: Any) -> None:
        self._text, self._value = text, value
        self._entries: dict[int, dict[str | int, _Entry]] = {}  # of the list or mapping that begins at an offset

    def find(self, path: Path, about_key: bool) -> Span:
        """Find the value at a path, or the key at its end: also where the value is null."""
        start, value, key = skip_space(self._text, 0), self._value, None
        for step in path:
            if not isinstance(value, dict | list) or (entry := self._entries_at(start).get(step)) is None:
                about_key = False
                break
            key = entry if isinstance(value, dict) else None
            start, value = entry.start, value[step]  # type: ignore[index]
        if key and (about_key or value is None):
            return Span(key.key_start, key.key_end, scanstring(self._text, key.key_start + 1)[0])
        if isinstance(value, dict | list):
            return Span(start, start + 1, "")
        end = _SKIPPER.raw_decode(self._text, start)[1]
        return Span(start, end, value if isinstance(value, str) else self._text[start:end])

    def _entries_at(self, start: int) -> dict[str | int, _Entry]:
        """Return the entries of a list or mapping; of a key that is written twice, the last one."""
        if (entries := self._entries.get(start)) is not None:
            return entries
        text, entries = self._text, dict[str | int, _Entry]()
        key: str | int
        at, is_mapping = skip_space(text, start + 1), text[start] == "{"
        while text[at] not in "}]":
            key, end, value_start = len(entries), at, at
            if is_mapping:
                key, end = scanstring(text, at + 1)
                value_start = skip_space(text, skip_space(text, end) + 1)
            entries[key] = _Entry(at, end, value_start)
            at = skip_space(text, _SKIPPER.raw_decode(text, value_start)[1])
            if text[at] == ",":
                at = skip_space(text, at + 1)
        self._entries[start] = entries
        return entries


_SKIPPER: Final = json.JSONDecoder(parse_int=str, parse_float=str)
