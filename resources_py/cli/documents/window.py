"""A text of any size, of which a part is held."""

import codecs
import io
from typing import Final

from resources_py.cli.documents.json import skip_space


class Window:
    """Slides over a text: what is before `position` was read, and what is after it may go on.

    Attributes:
        text: The part that is held.
        position: How far it was read.
        line: The line of the position in the whole text, from 1.
        column: The column of the position in that line, from 1.
    """

    SIZE: Final = 2**18

    def __init__(self, stream: io.BufferedIOBase, encoding: str) -> None:
        self.text, self.position, self.line, self.column = "", 0, 1, 1
        self._stream, self._decoder = stream, codecs.getincrementaldecoder(encoding)()
        self._is_ended = False
        self._error: UnicodeDecodeError | None = None  # raised after what stands before it was read

    @property
    def held(self) -> int:
        """How many characters are held and not yet read."""
        return len(self.text) - self.position

    def place_of(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of an offset in the text."""
        newlines = self.text.count("\n", self.position, offset)
        start = self.text.rfind("\n", self.position, offset) + 1 if newlines else self.position
        return self.line + newlines, offset - start + (1 if newlines else self.column)

    def advance(self, end: int) -> None:
        """Read up to an offset in the text."""
        self.line, self.column = self.place_of(end)
        self.position = end

    def grow(self) -> bool:
        """Drop what was read, and hold about twice as much as is left; return whether there was more.

        Whoever looks again at all of it after each call still takes time that grows with the text alone. It returns
        early after a line from a pipe, since who writes there may wait for an answer.

        Raises UnicodeDecodeError.
        """
        if self._error:
            raise self._error
        parts, wanted = [self.text[self.position :]], max(self.held, self.SIZE)
        size = len(parts[0])
        while wanted > 0 and not self._is_ended:
            data = self._stream.read1(self.SIZE)
            self._is_ended = not data
            parts.append(self._decode(data))
            wanted -= len(parts[-1])
            if len(data) < self.SIZE and parts[-1].endswith(("\n", "}", "]")):
                break
        self.text, self.position = "".join(parts), 0
        return len(self.text) > size

    def _decode(self, data: bytes) -> str:
        try:
            return self._decoder.decode(data, final=self._is_ended)
        except UnicodeDecodeError as error:
            self._error, self._is_ended = error, True
            return error.object[: error.start].decode(error.encoding)

    def skip_space(self) -> str:
        """Read white space; return the character after it, or nothing at the end."""
        while True:
            self.advance(skip_space(self.text, self.position))
            if self.held or not self.grow():
                return self.text[self.position : self.position + 1]
