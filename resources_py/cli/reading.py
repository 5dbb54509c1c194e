"""From an input to its items: the one loop over lines, records and documents."""

import warnings
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple

import resources_py
from resources_py import ResourcesError, ResourcesWarning, Violation
from resources_py._reasons import Reason
from resources_py.cli.diagnostics import Diagnostic, Place, diagnose, severity_of, unreadable
from resources_py.cli.documents.read import read_documents
from resources_py.cli.formats import Format
from resources_py.cli.formats.base import AnyResources, Item, Reading
from resources_py.cli.formats.containers import find_lost, simplify
from resources_py.cli.inputs import Source
from resources_py.cli.manifests.subjects import NO_SUBJECT

# What a stream repeats is converted once: a backend sees few distinct Resources. Full, the cache holds some four
# megabytes.
_MAX_CACHED_BYTES: Final = 512
_NOTHING: Final[list[Diagnostic]] = []


class ReadOptions(NamedTuple):
    """How items are read, beyond their format."""

    reading: Reading
    convert: Callable[[AnyResources], Any] = lambda declared: declared
    is_shown: Callable[[str], bool] = lambda reason: True  # a warning; the place of others is not looked for
    emit: Callable[[Any], object] | None = None  # takes results without diagnostics, which are then not yielded


def read_items(source: Source, format_: Format, options: ReadOptions) -> Iterator[Item]:
    """Yield all items of a source, each converted."""
    if format_.read_document is None:
        yield from _read_records(source, format_, options)
        return
    for document in read_documents(source):
        if isinstance(document, Diagnostic):
            yield Item(document.place, None, [document])
            continue
        for item in format_.read_document(document, options.reading):
            source.count += 1
            yield convert_item(item, options.convert)


def convert_item(item: Item, convert: Callable[[AnyResources], Any]) -> Item:
    """Convert what was read."""
    if item.result is None:
        return item
    try:
        return item._replace(result=convert(item.result))
    except ResourcesError as error:
        refused = diagnose(error.violations, item.place, item.subject)
        return item._replace(result=None, diagnostics=[*item.diagnostics, *refused])


def _read_records(source: Source, format_: Format, options: ReadOptions) -> Iterator[Item]:
    read, (reading, convert, is_shown, emit) = format_.read, options
    assert read is not None
    with warnings.catch_warnings(record=True) as log:  # cheaper than asking each Resources for its warnings
        assert log is not None
        warnings.simplefilter("always" if format_.is_declaration else "ignore", ResourcesWarning)

        def read_and_convert(data: bytes) -> tuple[Any, tuple[Any, ...]]:
            log.clear()
            declared = read(data)
            warned: tuple[Any, ...] = tuple(entry.message for entry in log) if log else ()
            if format_.find_ignored is not None:
                warned += tuple(format_.find_ignored(data))
            if not isinstance(declared, resources_py.Resources):
                warned += tuple(each.violation for each in find_lost(declared, reading))
                declared = simplify(declared)
            return convert(declared), warned

        cached = lru_cache(maxsize=4096)(read_and_convert)
        records = format_.split(source.stream)
        for source.count, data in records:
            result, found, diagnostics, subject = None, (), _NOTHING, NO_SUBJECT
            try:
                if isinstance(data, str):
                    diagnostics = [unreadable(format_.place(source.name, source.count), data)]
                else:
                    result, found = cached(data) if len(data) <= _MAX_CACHED_BYTES else read_and_convert(data)
            except ResourcesError as error:
                item = _locate(format_, format_.place(source.name, source.count), data, error.violations, reading)
                _, result, diagnostics, subject = convert_item(item, convert)
            if found:
                shown_format = (
                    format_ if any(severity_of(each) == "error" or is_shown(each.reason) for each in found) else None
                )
                diagnostics = _locate(
                    shown_format, format_.place(source.name, source.count), data, found, reading
                ).diagnostics
            if emit and diagnostics is _NOTHING and subject is NO_SUBJECT:
                emit(result)
            else:
                yield Item(format_.place(source.name, source.count), result, diagnostics, subject)


def _locate(
    format_: Format | None,
    place: Place,
    data: Any,
    found: tuple[Violation | ResourcesWarning, ...],
    reading: Reading,
) -> Item:
    """Read a record again, for the places of its problems in it; where that fails, they have that of the record."""
    item = format_.locate(place, data, reading) if format_ and format_.locate else None
    if item is not None:
        reasons = {each.reason for each in item.diagnostics}
        # What was wrong may be that it says whose it is.
        if any(item.subject) or reasons in ({each.reason for each in found}, {Reason.UNDECODABLE}):
            return item
    return Item(place, None, diagnose(found, place))
