"""``resources-py check``: what is wrong in files, and where."""

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path as FilePath
from typing import Final

import click

from resources_py._reasons import Reason
from resources_py.cli.diagnostics import Diagnostic, Place, render, render_excerpt, unreadable
from resources_py.cli.documents.document import Document, Path
from resources_py.cli.documents.read import read_documents
from resources_py.cli.formats import format_of_suffix
from resources_py.cli.formats.base import GpuResource
from resources_py.cli.formats.declarations import JSONL, misread_numbers, read_declaration
from resources_py.cli.formats.detect import match_first_line, match_keys
from resources_py.cli.formats.kubernetes import KUBERNETES, MANIFEST, default_type
from resources_py.cli.formats.protobuf import PROTOJSON
from resources_py.cli.inputs import Source, open_source
from resources_py.cli.manifests import CheckedObject, check_object, check_stanza_document, iter_objects
from resources_py.cli.options import example
from resources_py.cli.reading import ReadOptions, read_items
from resources_py.cli.terminal import NAME, Failure, say, write_line

_UNKNOWN: Final = (
    "neither a Kubernetes manifest (with kind and apiVersion) nor a constructor's dict (cpu, mem, gpu, "
    "ephemeral_storage)"
)
_PROTOJSON: Final = f"this is ProtoJSON, which is not checked: {NAME} show reads it"
_SUFFIXES_IN_FOLDERS: Final = (".yaml", ".yml", ".json")


@click.command(short_help="Find what is wrong in files, and where.", epilog=example("check deployment.yaml"))
@click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(allow_dash=True))
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="For people, for scripts, or as annotations of a GitHub workflow.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings too.")
def command(files: tuple[str, ...], output_format: str, strict: bool) -> int:
    """Find what is wrong with resources in files, and suggest what to write instead.

    FILE is a Kubernetes manifest (YAML or JSON: every container of a Pod, Deployment, StatefulSet, DaemonSet,
    ReplicaSet, Job, CronJob, List and the like is checked, and those of custom resources that hold pods), a bare
    resources: stanza, or a constructor's dict (YAML, JSON, JSON Lines). A folder stands for every manifest in it; links
    to other folders are not followed. YAML is read as kubectl reads it.

    Problems are printed to stdout as file:line:column: REASON message.

    Exit code: 0 clean, 1 problems (warnings count only with --strict), 2 something could not be read.
    """
    checker = _Checker()
    {"text": _print_text, "json": _print_json, "github": _print_github}[output_format](checker.check(files))
    checker.print_summary()
    if checker.counts["unreadable"]:
        return 2
    return 1 if checker.counts["error"] or (strict and checker.counts["warning"]) else 0


class _Checker:
    """Checks files one after the other, and counts what it finds."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()  # of files, declarations, and diagnostics by their severity

    def check(self, files: tuple[str, ...]) -> Iterator[Diagnostic]:
        for diagnostic in self._check_files(files) if files else self._check_file(None, is_in_folder=False):
            self.counts["unreadable" if diagnostic.reason == Reason.UNREADABLE else diagnostic.severity] += 1
            yield diagnostic

    def _check_files(self, files: tuple[str, ...]) -> Iterator[Diagnostic]:
        for file in files:
            if file == "-" or not os.path.isdir(file):
                yield from self._check_file(file, is_in_folder=False)
                continue
            errors: list[OSError] = []
            for folder, folders, names in os.walk(file, onerror=errors.append):
                folders[:] = sorted(name for name in folders if not name.startswith("."))
                for path in (str(FilePath(folder, name)) for name in sorted(names) if not name.startswith(".")):
                    # A pipe or a device may never end. What does not exist is a broken link.
                    if path.endswith(_SUFFIXES_IN_FOLDERS) and (os.path.isfile(path) or not os.path.exists(path)):
                        yield from self._check_file(path, is_in_folder=True)
            for error in errors:
                yield unreadable(Place(error.filename), error.strerror or str(error), Reason.UNREADABLE)

    def _check_file(self, path: str | None, *, is_in_folder: bool) -> Iterator[Diagnostic]:
        self.counts["file"] += 1
        try:
            with open_source(path) as source:
                is_lines = format_of_suffix(source.path) is JSONL and match_first_line(source) is not MANIFEST
                yield from self._check_lines(source) if is_lines else self._check_documents(source, is_in_folder)
        except BrokenPipeError:
            raise
        except (Failure, OSError) as error:
            if path is None:
                raise
            described = error.strerror if isinstance(error, OSError) else str(error).removeprefix(f"{path}: ")
            yield unreadable(Place(path), described or str(error), Reason.UNREADABLE)

    def _check_lines(self, source: Source) -> Iterator[Diagnostic]:
        for item in read_items(source, JSONL, ReadOptions(GpuResource(""))):
            self.counts["declaration"] += 1
            yield from item.diagnostics

    def _check_documents(self, source: Source, is_in_folder: bool) -> Iterator[Diagnostic]:
        for document in read_documents(source):
            if isinstance(document, Diagnostic):
                yield document._replace(reason=Reason.UNREADABLE)
            else:
                found = self._check_document(document, is_in_folder)
                yield from dict.fromkeys(sorted(found, key=lambda each: each.place[1:3])) if found else ()

    def _check_document(self, document: Document, is_in_folder: bool) -> list[Diagnostic]:
        value = document.value
        format_ = MANIFEST if document.listed_in is not None else match_keys(value)
        if format_ is MANIFEST:
            objects = iter_objects(value, default_type(document))
            checked = ((path, check_object(each, type_)) for path, each, type_ in objects if isinstance(each, dict))
            return [each for path, one in checked for each in self._locate(document, path, one)]
        if format_ is KUBERNETES:
            return self._locate(document, (), check_stanza_document(value))
        if is_in_folder:
            return []
        if format_ is None or format_ is PROTOJSON:
            return [unreadable(document.place(), _UNKNOWN if format_ is None else _PROTOJSON, Reason.UNREADABLE)]
        self.counts["declaration"] += 1
        item = read_declaration(document)
        return [*item.diagnostics, *(misread_numbers(document) if item.result is not None else ())]

    def _locate(self, document: Document, path: Path, checked: CheckedObject) -> list[Diagnostic]:
        """Find the place of each problem of an object."""
        self.counts["declaration"] += checked.count
        return [
            document.diagnose(
                (*path, *problem.path),
                problem.reason,
                problem.field,
                problem.description,
                problem.subject,
                severity="warning" if problem.is_warning else "error",
                about_key=problem.is_about_key,
            )
            for problem in checked.problems
        ]

    def print_summary(self) -> None:
        """Print what was checked, and how many problems there are."""

        def number(word: str) -> str:
            count = self.counts[word]
            return f"{count:,} {word}" + ("s" if count != 1 and word != "unreadable" else "")

        found = ", ".join(number(word) for word in ("error", "warning", "unreadable") if self.counts[word])
        say(f"{NAME}: {number('declaration')} in {number('file')}: {found or 'nothing wrong'}")


# ---- printing


def _print_text(diagnostics: Iterable[Diagnostic]) -> None:
    for diagnostic in diagnostics:
        write_line(sys.stdout, *render(diagnostic))
        for line in render_excerpt(diagnostic):
            write_line(sys.stdout, *line)
        if any(diagnostic.subject):
            write_line(sys.stdout, f"    = in {diagnostic.subject}")


def _print_json(diagnostics: Iterable[Diagnostic]) -> None:
    """Print one array, an object on each line, so that it can also be read as it comes."""
    separator = "[\n"
    for place, severity, reason, field, description, subject, *_ in diagnostics:
        described = {
            "file": place.file,
            "line": place.line or None,
            "column": place.column or None,
            "severity": severity,
            "reason": reason,
            "field": field,
            "message": description,
            "subject": str(subject),
        }
        print(separator + json.dumps(described))
        separator = ","
    print("[]" if separator == "[\n" else "]")


def _print_github(diagnostics: Iterable[Diagnostic]) -> None:
    for diagnostic in diagnostics:
        place = diagnostic.place
        properties = {"file": place.file, "line": place.line, "col": place.column, "title": diagnostic.reason}
        written = ",".join(f"{name}={_escape(str(value), ':,')}" for name, value in properties.items() if value)
        message = diagnostic.message + (f" (in {diagnostic.subject})" if any(diagnostic.subject) else "")
        write_line(sys.stdout, "::", f"{diagnostic.severity} {written}::{_escape(message)}")


def _escape(text: str, more: str = "") -> str:
    return text.translate({ord(character): f"%{ord(character):02X}" for character in "%" + more})
