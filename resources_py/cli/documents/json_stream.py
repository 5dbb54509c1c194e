"""JSON of any size: documents one after the other, and the items of a large list one by one."""

from collections.abc import Iterator
from typing import Any

from resources_py.cli.diagnostics import Diagnostic, Place, unreadable
from resources_py.cli.documents.document import Document, DocumentError
from resources_py.cli.documents.json import CutError, Finder, decode, skip_space
from resources_py.cli.documents.window import Window
from resources_py.cli.inputs import MAX_DOCUMENT_BYTES, TOO_LARGE


class JsonReader:
    """Reads documents from a window.

    Attributes:
        is_yaml: Whether what is left in the window is not JSON, but may be YAML.
        error: Why the first document, which is left there, is not JSON.
    """

    def __init__(self, window: Window, file: str, *, may_be_yaml: bool) -> None:
        self.is_yaml = False
        self.error: Diagnostic | None = None
        self._window, self._file = window, file
        self._may_be_yaml = may_be_yaml  # until something was read

    def documents(self) -> Iterator[Document | Diagnostic]:
        """Yield each document, and each item of a list that is too large to be held."""
        window = self._window
        while window.skip_space():
            if window.column == 1 and window.text.startswith("---", window.position):
                self.is_yaml = True
                return
            try:
                yield from self._read_document()
            except DocumentError as error:
                line, column = window.place_of(error.offset)
                diagnostic = unreadable(Place(self._file, line, column), error.description)
                is_of_lines = line == window.line and self._skip_line()
                if self._may_be_yaml and not is_of_lines:
                    self.is_yaml, self.error = True, diagnostic
                    return
                yield diagnostic
                if not is_of_lines:
                    return

    def _read_document(self) -> Iterator[Document]:
        window = self._window
        try:
            value, end = self._decode(window.SIZE)
        except CutError:
            if (header := self._open_list()) is not None:
                yield from self._read_items(header)
                return
            value, end = self._decode(MAX_DOCUMENT_BYTES)
        yield self._take(value, end)

    def _decode(self, max_size: int) -> tuple[Any, int]:
        """Decode the value at the window's position, which has at most so many characters."""
        window = self._window
        while True:
            try:
                value, end = decode(window.text, window.position)
            except CutError:
                if window.held > MAX_DOCUMENT_BYTES:
                    raise DocumentError(TOO_LARGE, window.position) from None
                if window.held > max_size or not window.grow():
                    raise
                continue
            if end - window.position > MAX_DOCUMENT_BYTES:
                raise DocumentError(TOO_LARGE, window.position)
            if end < len(window.text) or window.text[end - 1] in '}]"' or not window.grow():
                return value, end

    def _take(self, value: Any, end: int, listed_in: dict[str, Any] | None = None) -> Document:
        window = self._window
        text = window.text[window.position : end]
        document = Document(self._file, text, value, Finder(text, value).find, window.line, window.column, listed_in)
        window.advance(end)
        self._may_be_yaml = False
        return document

    def _open_list(self) -> dict[str, Any] | None:
        """Read up to the first item, and return what stands before it; None if this is not a list of objects.

        kubectl writes the kind of a list after its items, each of which then names its own.
        """
        window = self._window
        text, header = window.text, dict[str, Any]()
        try:
            at = skip_space(text, window.position + 1)
            while True:
                key, at = decode(text, at)
                at = skip_space(text, _skip(text, at, ":"))
                if key == "items":
                    break
                header[key], at = decode(text, at)
                at = skip_space(text, _skip(text, at, ","))
            start = _skip(text, at, "[")
            first, _ = decode(text, skip_space(text, start))
        except DocumentError:
            return None
        kind = header.get("kind", "List" if isinstance(first, dict) and "kind" in first else "")
        if not isinstance(kind, str) or not kind.endswith("List"):
            return None
        window.advance(start)
        self._may_be_yaml = False
        return header

    def _read_items(self, header: dict[str, Any]) -> Iterator[Document]:
        window = self._window
        if window.skip_space() == "]":
            self._expect("]")
        else:
            following = ","
            while following == ",":
                window.skip_space()
                yield self._take(*self._decode(MAX_DOCUMENT_BYTES), header)
                following = self._expect(",]")
        while self._expect(",}") == ",":
            key = self._read_member()
            if key == "items":
                raise DocumentError("key 'items' is given twice: write it once", window.position)

    def _read_member(self) -> Any:
        """Read a key and its value; return the key."""
        window = self._window
        window.skip_space()
        key, end = self._decode(MAX_DOCUMENT_BYTES)
        window.advance(end)
        self._expect(":")
        window.skip_space()
        _, end = self._decode(MAX_DOCUMENT_BYTES)
        window.advance(end)
        return key

    def _expect(self, characters: str) -> str:
        """Read one of several characters."""
        window = self._window
        character = window.skip_space()
        window.advance(_skip(window.text, window.position, characters))
        return character

    def _skip_line(self) -> bool:
        """Read what is left of a line; return whether another document seems to begin on the next."""
        window = self._window
        while (end := window.text.find("\n", window.position) + 1) == 0:
            window.advance(len(window.text))
            if not window.grow():
                return False
        window.advance(end)
        return window.skip_space() == "{" and window.column == 1


def _skip(text: str, start: int, characters: str) -> int:
    """Return the offset after white space, and after one of several characters."""
    at = skip_space(text, start)
    if text[at : at + 1] not in tuple(characters):
        raise DocumentError(f"invalid JSON: expecting {' or '.join(characters)}", at)
    return at + 1
