"""JSON of any size: documents one after the other, and the items of a large list one by one."""

from collections.abc import Iterator
from typing import Any

from resources_py.cli.diagnostics import Diagnostic, Place, unreadable
from resources_py.cli.documents.document import Document, DocumentError, is_list_of_objects
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
        while character := window.skip_space():
            if character == "-" and window.column == 1 and (window.held > 3 or window.grow()):
                self.is_yaml = window.text.startswith("---", window.position)
                if self.is_yaml:
                    return
            try:
                yield from self._read_document()
            except DocumentError as error:
                diagnostic = self._diagnose(error)
                if self._may_be_yaml and not self._seems_of_lines():
                    self.is_yaml, self.error = True, diagnostic
                    return
                yield diagnostic
                if diagnostic.place.line != window.line or not self._skip_line():
                    return

    def _diagnose(self, error: DocumentError) -> Diagnostic:
        """Return why the document at the window's position is not JSON."""
        window = self._window
        end = window.text.find("\n", error.offset)
        text = window.text[window.position : end if end >= 0 else None]
        document = Document(self._file, text, line=window.line, column=window.column)
        place = Place(self._file, *window.place_of(error.offset))
        return unreadable(place, error.description)._replace(document=document)

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
            # A number may go on: "1e+" is cut within one.
            if window.text[end - 1] in '}]"' or end + len("e+") < len(window.text) or not window.grow():
                return value, end

    def _take(self, value: Any, end: int, listed_in: dict[str, Any] | None = None) -> Document:
        window = self._window
        text = window.text[window.position : end]
        document = Document(self._file, text, value, Finder(text, value).find, window.line, window.column, listed_in)
        window.advance(end)
        self._may_be_yaml = False
        return document

    def _open_list(self) -> dict[str, Any] | None:
        """Read up to the first item, and return what stands before it; None if this is not a list of objects."""
        window = self._window
        while True:
            try:
                header, start = _read_header(window.text, window.position)
                first, _ = decode(window.text, skip_space(window.text, start))
            except CutError:
                if window.held > MAX_DOCUMENT_BYTES or not window.grow():
                    return None
            except DocumentError:
                return None
            else:
                break
        if not is_list_of_objects(header, first):
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
            window.skip_space()
            _skip(window.text, window.position, '"')
            key, end = self._decode(MAX_DOCUMENT_BYTES)
            if key == "items":
                raise DocumentError("key 'items' is given twice: write it once", window.position)
            window.advance(end)
            self._expect(":")
            window.skip_space()
            _, end = self._decode(MAX_DOCUMENT_BYTES)
            window.advance(end)

    def _expect(self, characters: str) -> str:
        """Read one of several characters."""
        window = self._window
        character = window.skip_space()
        window.advance(_skip(window.text, window.position, characters))
        return character

    def _seems_of_lines(self) -> bool:
        """Return whether another document seems to begin on the next line."""
        window = self._window
        following = window.text.find("\n", window.position) + 1
        return following > 0 and window.text[following : following + 1] == "{"

    def _skip_line(self) -> bool:
        """Read what is left of a line; return whether another document seems to begin on the next."""
        window = self._window
        while (end := window.text.find("\n", window.position) + 1) == 0:
            window.advance(len(window.text))
            if not window.grow():
                return False
        window.advance(end)
        return window.skip_space() == "{" and window.column == 1


def _read_header(text: str, start: int) -> tuple[dict[str, Any], int]:
    """Return what a mapping holds before its items, and the offset where they begin."""
    header = dict[str, Any]()
    at = _skip(text, start, "{")
    while True:
        key, at = decode(text, _skip(text, at, '"') - 1)
        at = skip_space(text, _skip(text, at, ":"))
        if key == "items":
            return header, _skip(text, at, "[")
        header[key], at = decode(text, at)
        at = _skip(text, at, ",")


def _skip(text: str, start: int, characters: str) -> int:
    """Return the offset after white space, and after one of several characters."""
    at = skip_space(text, start)
    if text[at : at + 1] not in tuple(characters):
        kind = CutError if at == len(text) else DocumentError
        raise kind(f"invalid JSON: expecting {' or '.join(characters)}", at)
    return at + 1
