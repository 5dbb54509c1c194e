"""YAML and JSON documents as trees that know where each value stands.

YAML is read as `kubectl apply` reads it, so that a value means here what it will mean there: libyaml's grammar (which
Go's library is a port of), cut at the lines that begin with ``---``, and plain scalars by go-yaml's rules, which are
neither YAML 1.1's nor 1.2's: ``010`` is 8, ``1_000`` is 1000, ``1e3`` is a float, ``yes`` a truth value, and ``1:30`` a
string.
"""

from __future__ import annotations

import json.decoder
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, TypeAlias

from resources_py.cli._findings import Place
from resources_py.cli._inputs import LARGEST_DOCUMENT
from resources_py.cli._terminal import missing

# Stated in `resources-py --help`, and tested.
DEEPEST: Final = 200
MOST_VALUES: Final = 1_000_000
_MOST_MERGED: Final = 1_000_000

Plain: TypeAlias = str | int | float | bool | None


class DocumentError(Exception):
    """The text is no YAML or JSON document. `offset` is where in the text that shows."""

    def __init__(self, description: str, offset: int) -> None:
        super().__init__(description)
        self.description, self.offset = description, offset


class Scalar:
    """A value that holds no others."""

    __slots__ = ("end", "is_merge", "start", "value", "written")

    def __init__(self, value: Plain, written: str, start: int, end: int, *, is_merge: bool = False) -> None:
        self.value = value
        self.written = written  # as it stands there, without quotes
        self.start, self.end = start, end
        self.is_merge = is_merge  # as a key, it brings in another mapping

    @property
    def go_text(self) -> str | None:
        """The text that Go's reader of quantities is given; None for what is neither string nor number."""
        if isinstance(self.value, bool) or self.value is None:
            return None
        if isinstance(self.value, float):
            return _go_float(self.value)
        return str(self.value)

    @property
    def misread(self) -> str | None:
        """What is really meant by a number that does not look like it (``010`` is 8), else None."""
        if type(self.value) is not int or not re.fullmatch(r"[-+]?0[0-9xXoObB_][0-9a-fA-F_]*", self.written):
            return None
        return str(self.value) if self.written.strip("+-0_") != str(abs(self.value)).strip("0") else None


class Sequence:
    """A list."""

    __slots__ = ("end", "items", "start")

    def __init__(self, start: int, end: int) -> None:
        self.items: list[Node] = []
        self.start, self.end = start, end


class Mapping:
    """A mapping, as it stands there: merge keys not followed, a key twice if it is there twice."""

    __slots__ = ("_effective", "end", "pairs", "start")

    def __init__(self, start: int, end: int) -> None:
        self.pairs: list[tuple[Scalar, Node]] = []
        self._effective: dict[str, tuple[Scalar, Node]] | None = None
        self.start, self.end = start, end

    def effective(self) -> dict[str, tuple[Scalar, Node]]:
        """Give what it means, each key's own node beside its value: merge keys followed, the last of equal keys."""
        if self._effective is None:
            self._effective = _merged(self, [0], 0)
        return self._effective

    def get(self, key: str) -> Node | None:
        """Give the value of a key."""
        found = self.effective().get(key)
        return found[1] if found else None

    def twice(self) -> list[Scalar]:
        """Give the keys that stand there again."""
        seen: set[str] = set()
        again = []
        for key, _ in self.pairs:
            if key.written in seen and not key.is_merge:
                again.append(key)
            seen.add(key.written)
        return again


Node: TypeAlias = Scalar | Sequence | Mapping


def _merged(mapping: Mapping, budget: list[int], depth: int) -> dict[str, tuple[Scalar, Node]]:
    found: dict[str, tuple[Scalar, Node]] = {}
    for key, value in mapping.pairs:
        if not key.is_merge:
            found[key.written] = key, value
            continue
        # As go-yaml does it: what is merged replaces what stands before it, and of a list, the first wins.
        sources = reversed(value.items) if isinstance(value, Sequence) else [value]
        for source in sources:
            if not isinstance(source, Mapping):
                raise DocumentError("a merge key (<<) needs a mapping", value.start)
            if source._effective is None:
                if depth >= DEEPEST:
                    raise DocumentError("merge keys (<<) are nested too deeply", value.start)
                source._effective = _merged(source, budget, depth + 1)
            budget[0] += len(source._effective)
            if budget[0] > _MOST_MERGED:
                raise DocumentError("merge keys (<<) give too many values", value.start)
            found |= source._effective
    return found


def plain(node: Node) -> Any:
    """Give the value as Python's own lists, dicts and scalars."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, (_, value) in node.effective().items()}


class Document:
    """One document: its text, where that begins in the file, and its tree. `root` is None where nothing stands."""

    def __init__(self, file: str, text: str, first_line: int, root: Node | None) -> None:
        self.file, self.text, self.first_line, self.root = file, text, first_line, root

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def place(self, offset: int) -> Place:
        """Give the line and column of an offset in the text."""
        line = bisect_right(self._starts, offset) - 1
        return Place(self.file, self.first_line + line, offset - self._starts[line] + 1)

    def line(self, number: int) -> str:
        """Give a line of the file, by its number there."""
        start = self._starts[number - self.first_line]
        return self.text[start:].partition("\n")[0].rstrip("\r") if start < len(self.text) else ""


# ---- YAML


def chunks(lines: Iterable[str]) -> Iterator[tuple[int, str | None]]:
    """Cut a YAML stream before each line that begins with ``---``, as kubectl does: first line's number, and text.

    None stands for a text that is larger than it may be.
    """
    first, size = 1, 0
    kept: list[str] = []
    for number, line in enumerate(lines, 1):
        if line.startswith("---") and not line[3:4].strip() and not _is_preamble(kept):
            yield first, "".join(kept) if size <= LARGEST_DOCUMENT else None
            first, kept, size = number, [], 0
        size += len(line)
        if size <= LARGEST_DOCUMENT:
            kept.append(line)
    yield first, "".join(kept) if size <= LARGEST_DOCUMENT else None


def _is_preamble(kept: list[str]) -> bool:
    """Say whether these are directives (``%YAML 1.1``), which belong to the document after them."""
    return any(line.startswith("%") for line in kept) and all(line[:1] in "%#\r\n" for line in kept)


def parse_yaml(file: str, text: str, first_line: int = 1) -> list[Document]:
    """Read the documents of a chunk.

    Raises DocumentError for what is no YAML.
    """
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise missing(error, "cli") from error
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return [Document(file, text, first_line, root) for root in _composed(yaml.parse(text, Loader=loader), yaml)]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        described = ", ".join(part for part in (error.context, error.problem) if part)
        raise DocumentError(f"no YAML: {described}", mark.index if mark else 0) from error
    except yaml.reader.ReaderError as error:
        raise DocumentError(f"no YAML: {error.reason}: {error.character!a}", error.position) from error


def _composed(events: Iterable[Any], yaml: Any) -> Iterator[Node]:
    """Build the trees, without recursion: a text can be nested deeper than Python's stack."""
    anchors: dict[str, Node] = {}
    stack: list[tuple[Sequence | Mapping, str | None]] = []
    keys: list[Scalar | None] = []  # of each mapping in `stack`, the key whose value comes next
    values = 0
    for event in events:
        kind = type(event)
        start = event.start_mark.index
        node: Node
        anchor: str | None = None
        if kind is yaml.ScalarEvent:
            node = _scalar(event)
            anchor = event.anchor
        elif kind is yaml.AliasEvent:
            if event.anchor not in anchors:
                raise DocumentError(f"no YAML: *{event.anchor} is not defined, or holds itself", start)
            node = anchors[event.anchor]
        elif kind in (yaml.MappingStartEvent, yaml.SequenceStartEvent):
            opened: Sequence | Mapping = (Mapping if kind is yaml.MappingStartEvent else Sequence)(start, start)
            stack.append((opened, event.anchor))
            keys.append(None)
            if len(stack) > DEEPEST:
                raise DocumentError(f"it is nested deeper than {DEEPEST} levels", start)
            continue
        elif kind in (yaml.MappingEndEvent, yaml.SequenceEndEvent):
            node, anchor = stack.pop()
            keys.pop()
            node.end = event.end_mark.index
        else:
            if kind is yaml.DocumentStartEvent:
                anchors.clear()
            continue
        values += 1
        if values > MOST_VALUES:
            raise DocumentError(f"it holds more than {MOST_VALUES:,} values", start)
        if anchor is not None:
            anchors[anchor] = node
        if not stack:
            yield node
        elif isinstance(holder := stack[-1][0], Sequence):
            holder.items.append(node)
        elif (key := keys[-1]) is not None:
            holder.pairs.append((key, node))
            keys[-1] = None
        elif isinstance(node, Scalar):
            keys[-1] = node
        else:
            raise DocumentError("a list or a mapping is no key: Kubernetes does not read this", start)


_TAG: Final = "tag:yaml.org,2002:"


def _scalar(event: Any) -> Scalar:
    start, end, written = event.start_mark.index, event.end_mark.index, event.value
    tag = event.tag
    if event.implicit[0] or (tag and tag.startswith(_TAG) and tag[len(_TAG) :] in ("int", "float", "bool", "null")):
        return Scalar(_resolved(written), written, start, end, is_merge=written == "<<")
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


def _resolved(text: str) -> Plain:
    """Give the value of a plain scalar, by the rules of go-yaml v2's `resolve`.

    >>> [_resolved(text) for text in ("010", "08", "0x1F", "1_000", ".5", "1e3", "1:30", "yes", "1Gi", "~")]
    [8, 8.0, 31, 1000, 0.5, 1000.0, '1:30', True, '1Gi', None]
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] == ".":
        return _float(text.replace("_", ""), text) if _DOT_FLOAT.fullmatch(text) else text
    if text[0] not in "+-0123456789" or _DATE.fullmatch(text):
        return text
    digits = text.replace("_", "")
    if len(digits) > 400:  # neither an int64 nor a float64 with any sense; and Python's int() would be slow
        return text
    if match := _INTEGER.fullmatch(digits):
        sign, *groups = match.groups()
        base, number = next((base, group) for base, group in zip((16, 2, 8, 10), groups, strict=True) if group)
        value = int(sign + number, base)
        if -(2**63) <= value < (2**63 if sign else 2**64):
            return value
    return _float(digits, text) if _FLOAT.fullmatch(digits) else text


def _float(digits: str, text: str) -> float | str:
    value = float(digits)
    return text if value in (float("inf"), float("-inf")) else value


def _go_float(value: float) -> str:
    """Write a float as Go's encoding/json does."""
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    if value == 0:
        return "-0" if str(value).startswith("-") else "0"
    if 1e-6 <= abs(value) < 1e21:
        text = format(Decimal(repr(value)), "f")
        return text.removesuffix(".0")
    mantissa, _, exponent = repr(value).partition("e")
    sign = "-" if exponent.startswith("-") else "+"
    return f"{mantissa}e{sign}{exponent.lstrip('+-').lstrip('0')}"


# ---- JSON

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_CONSTANT: Final = re.compile("true|false|null")
_CONSTANTS: Final[dict[str, Plain]] = {"true": True, "false": False, "null": None}


def parse_json(file: str, text: str, first_line: int = 1) -> list[Document]:
    """Read the documents of a text: one after the other, as kubectl takes them.

    Raises DocumentError for what is no JSON.
    """
    found: list[Document] = []
    position = _SPACE.match(text, 0).end()  # type: ignore[union-attr]
    while position < len(text):
        node, position = _json_node(text, position)
        found.append(Document(file, text, first_line, node))
        position = _SPACE.match(text, position).end()  # type: ignore[union-attr]
    return found


def _json_node(text: str, position: int) -> tuple[Node, int]:
    stack: list[Sequence | Mapping] = []
    keys: list[Scalar | None] = []
    values = 0
    while True:
        # a value stands here
        position = _SPACE.match(text, position).end()  # type: ignore[union-attr]
        character = text[position : position + 1]
        node: Node
        if character and character in "{[":
            node = (Mapping if character == "{" else Sequence)(position, position)
            stack.append(node)
            keys.append(None)
            if len(stack) > DEEPEST:
                raise DocumentError(f"it is nested deeper than {DEEPEST} levels", position)
            inside = _SPACE.match(text, position + 1).end()  # type: ignore[union-attr]
            if text[inside : inside + 1] != ("}" if character == "{" else "]"):
                position = inside
                if character == "{":
                    keys[-1], position = _json_key(text, position)
                continue
            position = inside
            node.end = position + 1
            stack.pop()
            keys.pop()
            position += 1
        else:
            node, position = _json_scalar(text, position)
        # a value ended here: put it where it belongs, and close what closes
        while True:
            values += 1
            if values > MOST_VALUES:
                raise DocumentError(f"it holds more than {MOST_VALUES:,} values", position)
            if not stack:
                return node, position
            holder = stack[-1]
            if isinstance(holder, Mapping):
                key = keys[-1]
                assert key is not None
                holder.pairs.append((key, node))
            else:
                holder.items.append(node)
            position = _SPACE.match(text, position).end()  # type: ignore[union-attr]
            character = text[position : position + 1]
            if character == ",":
                position += 1
                if isinstance(holder, Mapping):
                    keys[-1], position = _json_key(text, position)
                break
            if character != ("}" if isinstance(holder, Mapping) else "]"):
                raise DocumentError(f"no JSON: expected , or {'}' if isinstance(holder, Mapping) else ']'}", position)
            position += 1
            holder.end = position
            node = stack.pop()
            keys.pop()


def _json_key(text: str, position: int) -> tuple[Scalar, int]:
    position = _SPACE.match(text, position).end()  # type: ignore[union-attr]
    if text[position : position + 1] != '"':
        raise DocumentError("no JSON: expected a key in double quotes", position)
    key, position = _json_scalar(text, position)
    position = _SPACE.match(text, position).end()  # type: ignore[union-attr]
    if text[position : position + 1] != ":":
        raise DocumentError("no JSON: expected :", position)
    return key, position + 1


def _json_scalar(text: str, position: int) -> tuple[Scalar, int]:
    if text[position : position + 1] == '"':
        try:
            value, end = json.decoder.scanstring(text, position + 1, True)  # type: ignore[attr-defined]
        except json.JSONDecodeError as error:
            raise DocumentError(f"no JSON: {error.msg}", error.pos) from error
        return Scalar(value, value, position, end), end
    if match := _NUMBER.match(text, position):
        written = match[0]
        number = float(written) if match[1] or match[2] or len(written) > 400 else int(written)
        return Scalar(number, written, position, match.end()), match.end()
    if match := _CONSTANT.match(text, position):
        return Scalar(_CONSTANTS[match[0]], match[0], position, match.end()), match.end()
    raise DocumentError("no JSON: expected a value", position)
