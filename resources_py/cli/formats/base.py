"""What a format is, and what is read with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from resources_py import ResourcesError, Violation
from resources_py._kubernetes import DEFAULT_GPU_RESOURCE
from resources_py._reasons import Reason
from resources_py.cli.diagnostics import Diagnostic, Place
from resources_py.cli.documents.document import Document
from resources_py.cli.inputs import Record, encoding_of, read_whole
from resources_py.cli.manifests.subjects import NO_SUBJECT, Subject

if TYPE_CHECKING:
    from resources_py import ContainerResources, Resources

# What a container asks for: a Resources, if that can hold all of it. Then nothing imports the other one, which takes
# longer than converting a small file.
AnyResources: TypeAlias = "Resources | ContainerResources"


class Item(NamedTuple):
    """What one container asks for, or what was made of it; None where it cannot be read."""

    located: Place | Callable[[], Place]  # where it is, or what finds that: few items of a document are asked
    result: Any
    diagnostics: list[Diagnostic]
    subject: Subject = NO_SUBJECT

    @property
    def place(self) -> Place:
        """Where it is."""
        return self.located() if callable(self.located) else self.located


class Places(NamedTuple):
    """Which parts of a `ContainerResources` there is a place for, beside its `resources`."""

    extended: bool = True
    named: bool = True
    claims: bool = True
    holder: str = ""  # what has no place for the others
    advice: str = ""  # what to do about them, if that depends on nothing else


EVERYTHING: Final = Places()


class Reading(NamedTuple):
    """How containers are read, beyond their format."""

    gpu: str = DEFAULT_GPU_RESOURCE  # the cluster's name for its GPUs
    places: Places = EVERYTHING  # in what is made of them
    advice: str = ""  # what to do about parts that a message has no place for
    gpu_advice: str = ""  # and what, if they are the cluster's GPUs
    two_gpus_advice: str = ""  # what to do about a second kind of GPU, beside the cluster's


class Format(NamedTuple):
    """A format in which resources are written. A record is a line, or a whole file where a file holds one."""

    name: str
    description: str
    suffixes: tuple[str, ...] = ()
    # Reading. Either by record: `locate` reads one again to find where in it the problems are …
    read: Callable[[bytes], AnyResources] | None = None
    find_ignored: Callable[[bytes], list[Violation]] | None = None  # what `read` leaves out of a record
    split: Callable[[IO[bytes]], Iterator[Record]] = read_whole
    place: Callable[[str, int], Place] = Place  # of a record, by the file's name and the record's number
    locate: Callable[[Place, bytes, Reading], Item | None] | None = None
    # … or by document, of YAML or JSON.
    read_document: Callable[[Document, Reading], Iterator[Item]] | None = None
    matches: Callable[[dict[str, Any]], bool] | None = None  # whether a document's keys are those of this format
    # Writing: takes what a container asks for, and the cluster's name for its GPUs if one is given. Parts that the
    # format cannot hold are left out.
    write: Callable[[AnyResources, str | None], bytes] | None = None
    places: Places = EVERYTHING
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
