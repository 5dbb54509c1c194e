"""The nodes of a YAML document: values with their positions."""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from resources_py.cli.documents.document import MAX_DEPTH, TOO_DEEP, DocumentError, Path, Span
from resources_py.cli.documents.plain import DuplicateDict
from resources_py.cli.documents.yaml_scalars import Plain


@dataclass(slots=True, eq=False)
class Scalar:
    """A value that holds no others."""

    value: Plain
    written: str  # without quotes
    start: int
    end: int
    is_merge: bool = False  # as a key, it merges another mapping


class Sequence(list["Node"]):
    """A list."""

    __slots__ = ("start",)

    def __init__(self, start: int) -> None:
        self.start = start


@dataclass(slots=True, eq=False)
class Mapping:
    """A mapping, with merge keys followed."""

    start: int
    entries: dict[str, tuple[Scalar, "Node"]] = field(default_factory=dict)  # each key's node and value, by its text
    duplicates: list[str] = field(default_factory=list)  # each key that equals an earlier one, which it replaces


Node: TypeAlias = Scalar | Sequence | Mapping


def to_plain(root: Node) -> Any:
    """Convert nodes to plain values. What is one node by aliases becomes one value.

    Raises DocumentError for what is nested too deeply, which by aliases may be deeper than the text.
    """
    known: dict[int, tuple[Any, int]] = {}  # each value, and how deep it was seen

    def convert(node: Node, depth: int) -> Any:
        if isinstance(node, Scalar):
            return node.value
        if depth == MAX_DEPTH:
            raise DocumentError(TOO_DEEP, node.start)
        value, seen_depth = known.get(id(node), (None, -1))
        if depth <= seen_depth:
            return value
        converted: Any
        if isinstance(node, Sequence):
            converted = [convert(item, depth + 1) for item in node]
        else:
            converted = {key: convert(value, depth + 1) for key, (_, value) in node.entries.items()}
            if node.duplicates:
                converted = DuplicateDict(converted)
                converted.duplicates = node.duplicates
        # An alias deeper down was only looked at for its depth: the value stays the one that was there.
        known[id(node)] = (converted if seen_depth < 0 else value), depth
        return known[id(node)][0]

    return convert(root, 0)


def find_span(root: Node, path: Path, about_key: bool) -> Span:
    """Find the value at a path, or the key at its end: also where the value is null, which may not be written."""
    node, key = root, None
    for step in path:
        if isinstance(node, Mapping) and step in node.entries:
            key, node = node.entries[step]
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node):
            key, node = None, node[step]
        else:
            about_key = False
            break
    if key is not None and (about_key or (isinstance(node, Scalar) and node.value is None)):
        node = key
    return Span(node.start, node.end, node.written) if isinstance(node, Scalar) else Span(node.start, node.start, "")
