"""What a format is, and what is read with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from resources_py import ResourcesError, Violation
from resources_py._reasons import Reason
from resources_py.cli.diagnostics import Diagnostic, Place
from resources_py.cli.documents.document import Document
from resources_py.cli.inputs import Record, encoding_of, read_whole
from resources_py.cli.manifests.subjects import NO_SUBJECT, Subject

if TYPE_CHECKING:
    from resources_py import Resources


class Item(NamedTuple):
    """One Resources, or what was made of it; None where it cannot be read."""

    located: Place | Callable[[], Place]  # where it is, or what finds that: few items of a document are asked
    result: Any
    diagnostics: list[Diagnostic]
    subject: Subject = NO_SUBJECT

    @property
    def place(self) -> Place:
        """Where it is."""
        return self.located() if callable(self.located) else self.located


class GpuResource(NamedTuple):
    """The cluster's name for its GPUs, and what to add to a message about another extended resource."""

    name: str
    hint: str = ""


class Format(NamedTuple):
    """A format in which resources are written. A record is a line, or a whole file where a file holds one."""

    name: str
    description: str
    suffixes: tuple[str, ...] = ()
    # Reading. Either by record: `locate` reads one again to find where in it the problems are …
    read: Callable[[bytes], Resources] | None = None
    split: Callable[[IO[bytes]], Iterator[Record]] = read_whole
    place: Callable[[str, int], Place] = Place  # of a record, by the file's name and the record's number
    locate: Callable[[Place, bytes], Item | None] | None = None
    # … or by document, of YAML or JSON.
    read_document: Callable[[Document, GpuResource], Iterator[Item]] | None = None
    matches: Callable[[dict[str, Any]], bool] | None = None  # whether a document's keys are those of this format
    # Writing: a Resources, with the name of the cluster's GPU resource.
    write: Callable[[Resources, str], bytes] | None = None
    add_subject: Callable[[Subject, bytes], bytes] | None = None  # adds whose resources they are to what was written
    separator: bytes = b""
    many: str = ""  # the format that holds many, where this one holds one
    is_binary: bool = False
    is_declaration: bool = False  # what the constructor takes: it may have warnings

    @property
    def is_read(self) -> bool:
        """Whether the format can be read."""
        return self.read is not None or self.read_document is not None


def decode_text(data: bytes) -> str:
    """Decode a record.

    Raises ResourcesError.
    """
    try:
        return data.decode(encoding_of(data))
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise undecodable(f"it is not {error.encoding.upper()}: byte {error.start} is 0x{byte:02x}") from error


def undecodable(description: str) -> ResourcesError:
    """Return the error for a record that cannot be decoded."""
    return ResourcesError([Violation("", Reason.UNDECODABLE, description)])
