"""YAML, read as `kubectl apply` reads it, so that a value means here what it will mean there.

That is libyaml's grammar (which Go's library is a port of), and plain scalars by go-yaml's rules.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Final

from resources_py.cli.documents.document import MAX_DEPTH, MAX_VALUES, TOO_DEEP, TOO_MANY, DocumentError, Path, Span
from resources_py.cli.documents.nodes import Mapping, Node, Scalar, Sequence, find_span
from resources_py.cli.documents.yaml_scalars import resolve

MAX_REPEATED: Final = 100_000  # values, by aliases and merge keys. Stated in `resources-py --help`, and tested.


def parse_yaml(text: str) -> list[Node]:
    """Read the documents of a text.

    Raises DocumentError for what is not YAML.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return list(_Composer(iter(loader(text).get_event, None)).roots())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        described = ", ".join(part for part in (error.context, error.problem) if part)
        raise DocumentError(f"invalid YAML: {described}", mark.index if mark else 0) from error
    except yaml.reader.ReaderError as error:
        raise DocumentError(f"invalid YAML: {error.reason}: {error.character!a}", error.position) from error


class Nodes:
    """The nodes of a text, parsed when they are first asked for."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def roots(self) -> list[Node]:
        """The root of each document."""
        return parse_yaml(self._text)

    def find(self, at: tuple[int, ...], path: Path, about_key: bool) -> Span:
        """Find a path in a document, by its number; or in an item of it, by the number of that too."""
        root, *items = at
        node = self.roots[root]
        for item in items:
            assert isinstance(node, Sequence)
            node = node[item]
        return find_span(node, path, about_key)


class _Composer:
    """Builds trees from libyaml's events."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
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


_RESOLVED_TAGS: Final = {"tag:yaml.org,2002:" + kind for kind in ("int", "float", "bool", "null")}


def _scalar(event: Any) -> Scalar:
    start, end, written = event.start_mark.index, event.end_mark.index, event.value
    if event.implicit[0] or event.tag in _RESOLVED_TAGS:
        return Scalar(resolve(written), written, start, end, is_merge=written == "<<")
    return Scalar(written, written, start, end)
