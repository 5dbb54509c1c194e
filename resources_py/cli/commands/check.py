"""``resources-py check``: what is wrong in files, and where."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import click

from resources_py._reasons import Reason
from resources_py.cli.diagnostics import Diagnostic, Place, unreadable
from resources_py.cli.documents.document import Document, Path
from resources_py.cli.documents.read import read_documents
from resources_py.cli.files import File, find_files
from resources_py.cli.formats import FORMATS_OF, Format, format_of_suffix
from resources_py.cli.formats.base import Reading
from resources_py.cli.formats.declarations import JSONL, YAML, misread_numbers, read_declaration
from resources_py.cli.formats.detect import match_document, match_first_line
from resources_py.cli.formats.kubernetes import KUBERNETES, MANIFEST, default_type
from resources_py.cli.formats.protobuf import PROTOJSON
from resources_py.cli.inputs import Source, open_source
from resources_py.cli.manifests import (
    CheckedObject,
    check_object,
    check_stanza_document,
    check_values,
    is_manifest,
    iter_objects,
)
from resources_py.cli.options import example, exclude_option, files_argument, formats_help, from_option, message_option
from resources_py.cli.progress import reading_progress
from resources_py.cli.reading import ReadOptions, read_items
from resources_py.cli.reports import REPORTS, print_text
from resources_py.cli.skips import Skips, counted
from resources_py.cli.terminal import NAME, Failure, say


@click.command(
    short_help="Find what is wrong in files, and where.",
    epilog=example("check deployment.yaml", formats_help(is_written=False)),
)
@files_argument
@from_option("The format of every FILE. Detected if omitted, for each document by its keys.")
@exclude_option
@message_option
@click.option(
    "--format",
    "output_format",
    type=click.Choice(list(REPORTS)),
    default="text",
    show_default=True,
    help="For people, for scripts, as annotations of a GitHub workflow, or as SARIF 2.1.0 for code scanning.",
)
@click.option("--all", "show_all", is_flag=True, help="Show every repetition of a finding, not only the first 10.")
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings too.")
def command(
    files: tuple[str, ...],
    format_name: str | None,
    exclude: tuple[str, ...],
    message: str,
    output_format: str,
    show_all: bool,
    strict: bool,
) -> int:
    """Find what is wrong with resources in files, and suggest what to write instead.

    FILE is a Kubernetes manifest (YAML or JSON: every container of a Pod, Deployment, StatefulSet, DaemonSet,
    ReplicaSet, Job, CronJob, List and the like is checked, and those of custom resources that hold pods), a bare
    resources: stanza, or a constructor's dict (YAML, JSON, JSON Lines). A folder stands for every manifest in it; links
    to other folders are not followed. YAML is read as kubectl reads it.

    Files without resources are skipped and counted, and so are templates: files that do not parse and hold {{.

    Problems are printed to stdout as file:line:column: REASON message. One that repeats, with the same reason, field
    and value, is shown 10 times and then counted.

    Exit code: 0 clean, 1 problems (warnings count only with --strict), 2 something could not be read.
    """
    checker = _Checker(FORMATS_OF[message], FORMATS_OF[message][format_name] if format_name else None)
    report = partial(print_text, show_all=True) if show_all and output_format == "text" else REPORTS[output_format]
    report(checker.check(files, exclude))
    say(checker.summary())
    if checker.counts["unreadable"]:
        return 2
    return 1 if checker.counts["error"] or (strict and checker.counts["warning"]) else 0


class _Checker:
    """Checks files one after the other, and counts what it finds."""

    def __init__(self, formats: Mapping[str, Format], format_: Format | None) -> None:
        self._formats, self._format = formats, format_
        self._skips = Skips()
        self.counts: Counter[str] = Counter()  # of declarations, and of diagnostics by their severity

    def check(self, paths: Sequence[str], exclude: Sequence[str]) -> Iterator[Diagnostic]:
        for file in find_files(paths, exclude) if paths else [None]:
            for diagnostic in [file] if isinstance(file, Diagnostic) else self._check_file(file):
                self.counts["unreadable" if diagnostic.reason == Reason.UNREADABLE else diagnostic.severity] += 1
                yield diagnostic

    def _check_file(self, file: File | None) -> Iterator[Diagnostic]:
        before = self.counts.total()
        try:
            with open_source(file and file.path) as source, reading_progress(source) as progress:
                format_ = self._format or (match_first_line(source) if format_of_suffix(source.path) is JSONL else None)
                if format_ in (None, MANIFEST, KUBERNETES, YAML):
                    found = self._check_documents(source, is_in_folder=file is not None and file.is_in_folder)
                else:
                    found = self._check_items(source, self._formats[format_.name])
                for diagnostic in found:
                    progress.hide()
                    yield diagnostic
        except BrokenPipeError:
            raise
        except (Failure, OSError) as error:
            if file is None:
                raise
            described = error.strerror if isinstance(error, OSError) else str(error).removeprefix(f"{file.path}: ")
            yield unreadable(Place(file.path), described or str(error), Reason.UNREADABLE)
        self._skips.end_file(is_used=self.counts.total() > before)

    def _check_items(self, source: Source, format_: Format) -> Iterator[Diagnostic]:
        for item in read_items(source, format_, ReadOptions(Reading())):
            self.counts["declaration"] += 1
            yield from item.diagnostics

    def _check_documents(self, source: Source, *, is_in_folder: bool) -> Iterator[Diagnostic]:
        for document in read_documents(source):
            source.count += 1
            if isinstance(document, Diagnostic):
                if self._format or self._skips.keep(document):
                    yield document._replace(reason=Reason.UNREADABLE)
                continue
            format_ = self._format or match_document(document, is_in_folder=is_in_folder)
            if format_ is PROTOJSON:
                self._skips.note(f"{document.place()}: skipped; if it is ProtoJSON, --from protojson checks it")
            found = self._check_document(document, format_)
            yield from dict.fromkeys(sorted(found, key=lambda each: each.place[1:3])) if found else ()

    def _check_document(self, document: Document, format_: Format | None) -> list[Diagnostic]:
        is_object = document.listed_in is not None or (isinstance(document.value, dict) and is_manifest(document.value))
        if format_ is MANIFEST and not is_object:
            return self._locate(document, (), check_values(document.value))
        if format_ is MANIFEST:
            objects = iter_objects(document.value, default_type(document))
            checked = ((path, check_object(each, type_)) for path, each, type_ in objects if isinstance(each, dict))
            return [each for path, one in checked for each in self._locate(document, path, one)]
        if format_ is KUBERNETES:
            return self._locate(document, (), check_stanza_document(document.value))
        if format_ is not YAML:
            return []
        self.counts["declaration"] += 1
        item = read_declaration(document, Reading())
        return [*item.diagnostics, *(misread_numbers(document) if item.result is not None else ())]

    def _locate(self, document: Document, path: Path, checked: CheckedObject) -> list[Diagnostic]:
        """Find the place of each problem of an object."""
        self.counts["declaration"] += checked.count
        self._skips.values += checked.skipped
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

    def summary(self) -> str:
        """Return what was checked, what was skipped, and how many problems there are."""
        if not self.counts.total():
            return f"{NAME}: {self._skips.nothing_found()}"
        found = [counted(self.counts[word], word) for word in ("error", "warning") if self.counts[word]]
        found += [f"{self.counts['unreadable']:,} unreadable"] if self.counts["unreadable"] else []
        skipped = str(self._skips)
        checked = f"{counted(self.counts['declaration'], 'declaration')} in {counted(self._skips.files, 'file')}"
        return f"{NAME}: {checked}: {', '.join(found) or 'nothing wrong'}" + (f" ({skipped})" if skipped else "")
