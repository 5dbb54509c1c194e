"""YAML of any size, split into documents, and a large list into its items, before it is parsed."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from resources_py.cli.documents.document import DocumentError, is_list_of_objects
from resources_py.cli.documents.nodes import to_plain
from resources_py.cli.documents.window import Window
from resources_py.cli.documents.yaml import parse_yaml

# Of a list in the form in which it is printed: what stands before the items, and how far they are indented.
_ITEMS: Final = re.compile(r"^items:[ \t]*(?:#.*)?\r?\n(?=( *)- )", re.MULTILINE)
_ANCHOR: Final = re.compile(r"(?:^|[\s\[{,:-])&[\w-]", re.MULTILINE)
_LONGEST_MARK: Final = 64  # that stands between two parts
_Find = Callable[[str, int], int]  # where in a text a part ends, from an offset; -1 if it may go on


class Chunk(NamedTuple):
    """A part of a stream that is parsed by itself."""

    line: int
    text: str | None  # None if it is too large
    listed_in: dict[str, Any] | None = None  # for an item: what stands before the items of the list


def split_yaml(window: Window, max_size: int) -> Iterator[Chunk]:
    """Split a stream before each line that begins with ``---``, as kubectl does.

    The text is None where it is larger than `max_size` characters. Of a list that is larger than a window, each item is
    a chunk, and what stands after the items is one more.
    """
    while window.held or window.grow():
        find = _document_end(window)
        header = None
        if not _ends_soon(window, find) and (opened := _open_list(window, max_size)):
            header, indent = opened
            yield from _split_items(window, header, indent, max_size)
        line = window.line
        yield Chunk(line, _read_until(window, find, max_size), header)


def _document_end(window: Window) -> _Find:
    def find(text: str, start: int) -> int:
        while (at := text.find("\n---", start)) >= 0:
            following = text[at + 4 : at + 5]
            if not following:
                return -1
            if following.isspace() and not _is_preamble(text[window.position : at + 1]):
                return at + 1
            start = at + 1
        return -1

    return find


def _is_preamble(text: str) -> bool:
    """Return whether these are directives (``%YAML 1.1``), which belong to the document after them."""
    if "%" not in text:
        return False
    lines = text.split("\n")
    return any(line.startswith("%") for line in lines) and all(line[:1] in "%#\r" for line in lines)


def _ends_soon(window: Window, find: _Find) -> bool:
    while find(window.text, window.position) < 0:
        if window.held >= window.SIZE:
            return False
        if not window.grow():
            break
    return True


def _read_until(window: Window, find: _Find, max_size: int) -> str | None:
    """Read a part; return nothing of one that is too large."""
    looked, is_too_large = 0, False
    while (end := find(window.text, window.position + looked)) < 0:
        looked = max(window.held - _LONGEST_MARK, 0)
        if window.held > max_size:
            is_too_large = True
            window.advance(window.position + looked)
            looked = 0
        if not window.grow():
            end = len(window.text)
            break
    text = window.text[window.position : end]
    window.advance(end)
    return None if is_too_large or len(text) > max_size else text


# ---- the items of a list


def _open_list(window: Window, max_size: int) -> tuple[dict[str, Any], str] | None:
    """Read up to the first item; return what stands before it, and how far items are indented.

    None if this is not a list of objects, or has anchors: an item could not be read by itself.
    """
    while True:
        text = window.text
        match = _ITEMS.search(text, window.position)
        if match is None or _ANCHOR.search(text, window.position):
            return None
        indent = match[1]
        if (end := _item_end(indent)(text, match.end())) >= 0:
            break
        if window.held > max_size or not window.grow():
            return None
    try:
        header, first = (_parse(each) for each in (text[window.position : match.start()], text[match.end() : end]))
    except DocumentError:
        return None
    header = {} if header is None else header
    if not isinstance(header, dict) or not isinstance(first, list) or not is_list_of_objects(header, first[0]):
        return None
    window.advance(match.end())
    return header, indent


def _parse(text: str) -> Any:
    """Parse a text that holds one document, or nothing."""
    roots = parse_yaml(text)
    return to_plain(roots[0]) if roots else None


def _item_end(indent: str) -> _Find:
    """Find the next line that is not within the item: all of what is in it is indented further."""
    line = re.compile(rf"\n {{0,{len(indent)}}}(?=[^\s#])")

    def find(text: str, start: int) -> int:
        match = line.search(text, start)
        return -1 if match is None or match.end() + 1 >= len(text) else match.start() + 1

    return find


def _split_items(window: Window, header: dict[str, Any], indent: str, max_size: int) -> Iterator[Chunk]:
    find = _item_end(indent)
    mark = re.compile(rf"{indent}-\s")
    while mark.match(window.text, window.position):
        line = window.line
        yield Chunk(line, _read_until(window, find, max_size), header)
