"""What a command reads its items from: values, stdin, files, and folders of manifests."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from resources_py._reasons import Reason
from resources_py.cli.diagnostics import Diagnostic, Place, unreadable
from resources_py.cli.documents.read import read_documents
from resources_py.cli.files import File, find_files
from resources_py.cli.formats import FORMATS, Format
from resources_py.cli.formats.base import Item
from resources_py.cli.formats.declarations import JSON
from resources_py.cli.formats.detect import DetectionError, detect_format, match_document
from resources_py.cli.inputs import Source, flush_stdout, open_source
from resources_py.cli.reading import ReadOptions, convert_item, read_items
from resources_py.cli.skips import Skips
from resources_py.cli.terminal import NAME, Failure, say

READABLE: Final = [name for name, each in FORMATS.items() if each.is_read]


class Input:
    """Items that are given, or read from files.

    Attributes:
        gpu_resource: The cluster's name for its GPUs, if one is given.
        formats: The formats that are read and written.
        is_given: Whether the items are given, as options of the command.
        is_live: Whether what is being read is a pipe or a terminal.
        before_waiting: Called before each read that may have to wait.
    """

    def __init__(
        self,
        gpu_resource: str | None,
        formats: Mapping[str, Format],
        given: list[Item] | None,
        paths: Sequence[str] = (),
        exclude: Sequence[str] = (),
        format_: Format | None = None,
    ) -> None:
        self.gpu_resource = gpu_resource
        self.formats = formats
        self.is_given = given is not None
        self.is_live = False
        self.before_waiting: Callable[[], object] = flush_stdout
        self._given, self._paths, self._exclude, self._format = given or [], paths, exclude, format_
        # One file must be what it is named to be. Of many, those without resources are skipped.
        self._is_one = len(paths) == 0 or (len(paths) == 1 and (paths[0] == "-" or not os.path.isdir(paths[0])))
        self._skips = Skips()
        self._source: Source | None = None
        self._read = (0, 0)  # bytes and items of the files before it

    @property
    def progress(self) -> tuple[int, int | None, int]:
        """How many bytes were read, of how many, if that is known, and how many items."""
        bytes_, count = self._read
        if self._source is None:
            return bytes_, None, count
        return bytes_ + self._source.position, self._source.size if self._is_one else None, count + self._source.count

    def items(self, options: ReadOptions) -> Iterator[Item]:
        """Yield all items, each converted.

        Raises Failure for one file that cannot be read, and for many without resources.
        """
        if self.is_given:
            yield from (convert_item(item, options.convert) for item in self._given)
        elif self._is_one:
            with open_source(self._paths[0] if self._paths else None) as source:
                self._begin(source)
                yield from read_items(source, self._format or self._detect(source), options)
        else:
            yield from self._read_many(options._replace(emit=None))

    def _begin(self, source: Source) -> None:
        bytes_, _, count = self.progress
        self._read, self._source, self.is_live = (bytes_, count), source, source.size is None
        source.before_waiting = lambda: self.before_waiting()

    def _read_many(self, options: ReadOptions) -> Iterator[Item]:
        is_empty = True
        for file in find_files(self._paths, self._exclude):
            is_used = False
            for item in [_unreadable(file)] if isinstance(file, Diagnostic) else self._read_one(file, options):
                is_used, is_empty = True, False
                yield item
            self._skips.end_file(is_used=is_used)
        if is_empty:
            raise Failure(self._skips.nothing_found())
        if skipped := str(self._skips):
            say(f"{NAME}: {skipped}")

    def _read_one(self, file: File, options: ReadOptions) -> Iterator[Item]:
        try:
            with open_source(file.path) as source:
                self._begin(source)
                if format_ := self._format or (None if file.is_in_folder else self._detect_records(source)):
                    yield from read_items(source, format_, options)
                else:
                    yield from self._read_by_keys(source, file, options)
        except BrokenPipeError:
            raise
        except (Failure, OSError) as error:
            described = error.strerror if isinstance(error, OSError) else str(error).removeprefix(f"{file.path}: ")
            yield _unreadable(unreadable(Place(file.path), described or str(error), Reason.UNREADABLE))

    def _read_by_keys(self, source: Source, file: File, options: ReadOptions) -> Iterator[Item]:
        for document in read_documents(source):
            if isinstance(document, Diagnostic):
                if self._skips.keep(document):
                    yield _unreadable(document)
                continue
            format_ = match_document(document, is_in_folder=file.is_in_folder)
            for item in format_.read_document(document, options.reading) if format_ and format_.read_document else ():
                source.count += 1
                yield convert_item(item, options.convert)

    def _detect(self, source: Source) -> Format:
        try:
            format_, told = detect_format(source)
        except DetectionError as error:
            raise Failure(f"{error}: pass --from, one of {', '.join(READABLE)}") from error
        say(f"{NAME}: reading {source.name} as {format_.name}, {told} (--from overrides this)")
        return self.formats[format_.name]

    def _detect_records(self, source: Source) -> Format | None:
        """Return the format of a file of records; None for one of documents, each of which has its own."""
        try:
            format_, _ = detect_format(source)
        except DetectionError:
            return None
        return None if format_.read_document or format_ is JSON else self.formats[format_.name]


def _unreadable(diagnostic: Diagnostic) -> Item:
    return Item(diagnostic.place, None, [diagnostic])
