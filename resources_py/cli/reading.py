"""From an input to its items: the one loop over lines, records and documents."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final

from resources_py import Resources, ResourcesError, ResourcesWarning, Violation
from resources_py.cli.diagnostics import Diagnostic, Place, diagnose, unreadable
from resources_py.cli.documents.nodes import DocumentError, is_null
from resources_py.cli.documents.read import read_documents
from resources_py.cli.formats import Format
from resources_py.cli.inputs import Source
from resources_py.cli.items import GpuResource, Item

Convert = Callable[[Resources], Any]

# What a stream repeats is converted once: a backend sees few distinct Resources. Full, the cache holds some four
# megabytes.
_CACHE_SIZE: Final = 4096
_MAX_CACHED_BYTES: Final = 512
_NOTHING: Final[list[Diagnostic]] = []


def read_items(
    source: Source, format_: Format, gpu: GpuResource, convert: Convert, is_shown: Callable[[str], bool]
) -> Iterator[Item]:
    """Yield all items of a source, each Resources converted.

    Where no warning of an item is shown, as `is_shown` tells by the reason, their places are not looked for.
    """
    if format_.read_document is None:
        yield from _read_records(source, format_, convert, is_shown)
        return
    for document in read_documents(source):
        if isinstance(document, Diagnostic):
            yield Item(document.place, None, [document])
        elif document.root is not None and not is_null(document.root):
            try:
                for item in format_.read_document(document, document.root, gpu):
                    yield convert_item(item, convert)
            except DocumentError as error:
                place = document.place(error.offset)
                yield Item(place, None, [unreadable(place, error.description)])


def convert_item(item: Item, convert: Convert) -> Item:
    """Convert what was read."""
    if item.result is None:
        return item
    try:
        return item._replace(result=convert(item.result))
    except ResourcesError as error:
        refused = diagnose(error.violations, lambda *_: item.place, item.subject)
        return item._replace(result=None, diagnostics=[*item.diagnostics, *refused])


def _read_records(source: Source, format_: Format, convert: Convert, is_shown: Callable[[str], bool]) -> Iterator[Item]:
    read = format_.read
    assert read is not None
    with warnings.catch_warnings(record=True) as log:  # cheaper than to ask each Resources for its warnings
        assert log is not None
        warnings.simplefilter("always" if format_.is_declaration else "ignore", ResourcesWarning)

        def read_and_convert(data: bytes) -> tuple[Any, tuple[Any, ...]]:
            log.clear()
            result = convert(read(data))
            return result, tuple(entry.message for entry in log) if log else ()

        cached = lru_cache(maxsize=_CACHE_SIZE)(read_and_convert)
        for number, data in format_.split(source.stream):
            place = format_.place(source.name, number)
            result, found, diagnostics = None, (), _NOTHING
            try:
                if isinstance(data, str):
                    diagnostics = [unreadable(place, data)]
                else:
                    result, found = cached(data) if len(data) <= _MAX_CACHED_BYTES else read_and_convert(data)
            except ResourcesError as error:
                diagnostics = _locate(format_, place, data, error.violations)
            if found:
                is_any_shown = any(is_shown(warning.reason) for warning in found)
                diagnostics = _locate(format_ if is_any_shown else None, place, data, found)
            yield Item(place, result, diagnostics)


def _locate(
    format_: Format | None, place: Place, data: Any, found: tuple[Violation, ...] | tuple[ResourcesWarning, ...]
) -> list[Diagnostic]:
    """Return the problems of a record with their places in it, if they can be found; else with that of the record."""
    try:
        located = format_.locate(place, data) if format_ and format_.locate else []
    except UnicodeDecodeError:
        located = []
    is_same = {each.reason for each in located} == {each.reason for each in found}
    return located if is_same else diagnose(found, lambda *_: place)
