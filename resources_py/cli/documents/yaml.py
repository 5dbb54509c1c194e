"""YAML, read as `kubectl apply` reads it, so that a value means here what it will mean there.

That is libyaml's grammar (which Go's library is a port of), split at the lines that begin with ``---``, and plain
scalars by go-yaml's rules, which are neither YAML 1.1's nor 1.2's: ``010`` is 8, ``1_000`` is 1000, ``1e3`` is a float,
``yes`` a boolean, and ``1:30`` a string.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from resources_py.cli.documents.document import MAX_DEPTH, MAX_VALUES, TOO_DEEP, TOO_MANY, DocumentError
from resources_py.cli.documents.nodes import Mapping, Node, Plain, Scalar, Sequence

MAX_REPEATED: Final = 100_000  # values, by aliases and merge keys. Stated in `resources-py --help`, and tested.


def split_yaml(lines: Iterable[str], max_size: int, first: int = 1) -> Iterator[tuple[int, str | None]]:
    """Split a stream before each line that begins with ``---``, as kubectl does: first line's number, and text.

    The text is None where it is larger than `max_size` characters.
    """
    size = 0
    kept: list[str] = []
    for number, line in enumerate(lines, first):
        if line.startswith("---") and not line[3:4].strip() and not _is_preamble(kept):
            yield first, "".join(kept) if size <= max_size else None
            first, kept, size = number, [], 0
        size += len(line)
        if size <= max_size:
            kept.append(line)
    yield first, "".join(kept) if size <= max_size else None


def _is_preamble(lines: list[str]) -> bool:
    """Return whether these are directives (``%YAML 1.1``), which belong to the document after them."""
    return any(line.startswith("%") for line in lines) and all(line[:1] in "%#\r\n" for line in lines)


def parse_yaml(text: str) -> list[Node]:
    """Read the documents of a text.

    Raises DocumentError for what is not YAML.
    """
    import yaml

    events = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    try:
        return list(_Composer(events).roots())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        described = ", ".join(part for part in (error.context, error.problem) if part)
        raise DocumentError(f"invalid YAML: {described}", mark.index if mark else 0) from error
    except yaml.reader.ReaderError as error:
        raise DocumentError(f"invalid YAML: {error.reason}: {error.character!a}", error.position) from error


class _Composer:
    """Builds trees from libyaml's events."""

    def __init__(self, events: Iterable[Any]) -> None:
        self._events = iter(events)
        self._anchors: dict[str, tuple[Node, int]] = {}  # with the number of values in it
        self._count = self._repeated = 0

    def roots(self) -> Iterator[Node]:
        for event in self._events:
            if type(event).__name__ == "DocumentStartEvent":
                self._anchors.clear()
                yield self._node(next(self._events), 0)

    def _node(self, event: Any, depth: int) -> Node:
        kind, start, before = type(event).__name__, event.start_mark.index, self._count + self._repeated
        node: Node
        if kind == "AliasEvent":
            if event.anchor not in self._anchors:
                raise DocumentError(f"invalid YAML: *{event.anchor} is not defined, or contains itself", start)
            node, size = self._anchors[event.anchor]
            self._repeat(size, start)
            return node
        self._count += 1
        if self._count > MAX_VALUES:
            raise DocumentError(TOO_MANY, start)
        if kind == "ScalarEvent":
            node = _scalar(event)
        elif depth == MAX_DEPTH:
            raise DocumentError(TOO_DEEP, start)
        else:
            node = self._sequence(start, depth) if kind == "SequenceStartEvent" else self._mapping(start, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = node, self._count + self._repeated - before
        return node

    def _repeat(self, count: int, offset: int) -> None:
        """Count the values that an alias or a merge key repeats: a few of them could stand for billions."""
        self._repeated += count
        if self._repeated > MAX_REPEATED:
            raise DocumentError(f"its aliases and merge keys repeat more than {MAX_REPEATED:,} values", offset)

    def _sequence(self, start: int, depth: int) -> Sequence:
        node = Sequence(start)
        while type(event := next(self._events)).__name__ != "SequenceEndEvent":
            node.append(self._node(event, depth + 1))
        return node

    def _mapping(self, start: int, depth: int) -> Mapping:
        node = Mapping(start)
        seen: set[str] = set()
        while type(event := next(self._events)).__name__ != "MappingEndEvent":
            key = self._node(event, depth + 1)
            if not isinstance(key, Scalar):
                raise DocumentError("a list or a mapping cannot be a key in Kubernetes", event.start_mark.index)
            value = self._node(next(self._events), depth + 1)
            if key.is_merge:
                self._merge(node, value)
                continue
            if key.written in seen:
                node.duplicates.append(key.written)
            seen.add(key.written)
            node.entries[key.written] = key, value
        return node

    def _merge(self, node: Mapping, value: Node) -> None:
        """Follow a merge key as go-yaml does: it replaces what stands before it, and of a list, the first wins."""
        for source in reversed(value) if isinstance(value, Sequence) else [value]:
            if not isinstance(source, Mapping):
                raise DocumentError("a merge key (<<) needs a mapping", value.start)
            self._repeat(len(source.entries), value.start)
            node.entries |= source.entries


_TAG: Final = "tag:yaml.org,2002:"


def _scalar(event: Any) -> Scalar:
    start, end, written = event.start_mark.index, event.end_mark.index, event.value
    if event.implicit[0] or event.tag in {_TAG + kind for kind in ("int", "float", "bool", "null")}:
        return Scalar(_resolve(written), written, start, end, is_merge=written == "<<")
    return Scalar(written, written, start, end)


_WORDS: Final[dict[str, Plain]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **{form(word): True for word in ("y", "yes", "true", "on") for form in (str.lower, str.title, str.upper)},
    **{form(word): False for word in ("n", "no", "false", "off") for form in (str.lower, str.title, str.upper)},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_INTEGER: Final = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DOT_FLOAT: Final = re.compile(r"\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?", re.DOTALL)
_MAX_DIGITS: Final = 400  # more is neither an int64 nor a float64; and Python's int() would be slow


def _resolve(text: str) -> Plain:
    """Return the value of a plain scalar, by the rules of go-yaml v2's `resolve`.

    >>> [_resolve(text) for text in ("010", "08", "0x1F", "1_000", ".5", "1e3", "1:30", "yes", "1Gi", "~")]
    [8, 8.0, 31, 1000, 0.5, 1000.0, '1:30', True, '1Gi', None]
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] == ".":
        return _finite(text.replace("_", ""), text) if _DOT_FLOAT.fullmatch(text) else text
    digits = text.replace("_", "")
    if text[0] not in "+-0123456789" or _DATE.fullmatch(text) or len(digits) > _MAX_DIGITS:
        return text
    if match := _INTEGER.fullmatch(digits):
        sign, *groups = match.groups()
        base, number = next((base, group) for base, group in zip((16, 2, 8, 10), groups, strict=True) if group)
        value = int(sign + number, base)
        if -(2**63) <= value < (2**63 if sign else 2**64):
            return value
    return _finite(digits, text) if _FLOAT.fullmatch(digits) else text


def _finite(digits: str, text: str) -> float | str:
    value = float(digits)
    return text if value in (float("inf"), float("-inf")) else value
