"""``resources-py check``: what is wrong in files, and where."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import click

from resources_py import Resources, ResourcesError, Violation
from resources_py._errors import quoted
from resources_py.cli._documents import Document, DocumentError, Mapping, Node, Scalar, Sequence, parse_json, plain
from resources_py.cli._findings import Finding, Place, errors
from resources_py.cli._forms import documents, kind_of, read_json
from resources_py.cli._inputs import Source, Unreadable, lines, opened, stdin_or_refuse
from resources_py.cli._manifests import Judge, Stanza, repeated, stanzas, unwrapped
from resources_py.cli._options import example
from resources_py.cli._terminal import NAME, Failure, Missing, coloured, printable, say, severity_style, styled

_READ_FROM_FOLDERS: Final = (".yaml", ".yml", ".json")


class Report(NamedTuple):
    """A finding, with what is printed beside it."""

    finding: Finding
    line: str = ""  # of the file
    unreadable: bool = False


class _Counts:
    def __init__(self) -> None:
        self.files = self.looked_at = self.errors = self.warnings = self.unreadable = 0


@click.command(short_help="Find what is wrong in files, and where.", epilog=example("check deployment.yaml"))
@click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(allow_dash=True))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="For people, for scripts, or as annotations of a GitHub workflow.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings too.")
def command(files: tuple[str, ...], form: str, strict: bool) -> int:
    """Find what is wrong with resources in files, and say what to write instead.

    FILE is a Kubernetes manifest (YAML or JSON; every container of a Pod, Deployment, StatefulSet, DaemonSet,
    ReplicaSet, Job, CronJob, List and the like is looked at, and those of custom resources that hold pods), a bare
    resources: stanza, or a constructor's dict (YAML, JSON, JSON Lines). A folder means every manifest in it. YAML is
    read as kubectl reads it.

    Problems go to stdout as file:line:column: CODE message.

    Exit code: 0 clean, 1 problems (warnings count only with --strict), 2 something could not be read.
    """
    counts = _Counts()
    reports = _reports(files, counts)
    {"text": _as_text, "json": _as_json, "github": _as_github}[form](reports)
    _summary(counts)
    if counts.unreadable:
        return 2
    return 1 if counts.errors or (strict and counts.warnings) else 0


def _reports(files: tuple[str, ...], counts: _Counts) -> Iterator[Report]:
    for path, in_folder in _expanded(files or (stdin_or_refuse(None),)):
        counts.files += 1
        for report in _of_file(path, in_folder, counts):
            if report.unreadable:
                counts.unreadable += 1
            elif report.finding.severity == "error":
                counts.errors += 1
            else:
                counts.warnings += 1
            yield report


def _expanded(files: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Give each file, and those of each folder: what begins with a dot is not for us."""
    for file in files:
        if file == "-" or not os.path.isdir(file):
            yield file, False
            continue
        for folder, folders, names in os.walk(file):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if name.endswith(_READ_FROM_FOLDERS) and not name.startswith("."):
                    yield str(Path(folder, name)), True


def _of_file(path: str, in_folder: bool, counts: _Counts) -> Iterator[Report]:
    try:
        with opened(path) as source:
            if path.lower().endswith((".jsonl", ".ndjson")):
                yield from _of_lines(source, counts)
            else:
                yield from _of_documents(source, in_folder, counts)
    except Missing:
        raise
    except Failure as failure:
        yield _unreadable(Place(path), failure.message.removeprefix(f"{path}: "))
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        yield _unreadable(Place(path), error.strerror or str(error))


def _unreadable(place: Place, description: str, line: str = "") -> Report:
    return Report(Finding(place, "error", "UNREADABLE", "", description), line, unreadable=True)


# ---- documents


def _of_documents(source: Source, in_folder: bool, counts: _Counts) -> Iterator[Report]:
    for document in documents(source):
        if isinstance(document, Finding):
            yield _unreadable(document.place, document.description)
            continue
        root = document.root
        if root is None or (isinstance(root, Scalar) and root.value is None):
            continue
        try:
            found = _of_document(document, root, in_folder, counts)
        except DocumentError as error:
            yield _unreadable(document.place(error.offset), error.description)
            continue
        for finding in dict.fromkeys(sorted(found, key=lambda finding: finding.place[1:3])):
            yield Report(finding, document.line(finding.place.line))


def _of_document(document: Document, root: Node, in_folder: bool, counts: _Counts) -> list[Finding]:
    kind = kind_of(root)
    if kind in ("manifest", "kubernetes"):
        judge = Judge(document)
        found = list(stanzas(root)) if kind == "manifest" else [Stanza(unwrapped(root), "")]
        counts.looked_at += len(found)
        # what stands behind an anchor is judged once, however many aliases it has
        once = {id(stanza.node): stanza for stanza in reversed(found)}
        return [finding for stanza in once.values() for finding in judge.judge(stanza)]
    if in_folder:
        return []
    if kind == "protojson":
        raise DocumentError(f"this is ProtoJSON, which has no place here: {NAME} show reads it", root.start)
    if kind is None:
        raise DocumentError(
            "neither a Kubernetes manifest (with kind and apiVersion) nor a constructor's dict (cpu, mem, gpu, "
            "ephemeral_storage)",
            root.start,
        )
    counts.looked_at += 1
    return _of_dict(document, root)


def _of_dict(document: Document, root: Node) -> list[Finding]:
    """Hold the constructor's dict to the constructor's rules, and find the place of each field."""
    violations: tuple[Violation, ...] | list[Violation] = repeated(root) if isinstance(root, Mapping) else []
    found: list[Finding] = []
    if violations:
        assert isinstance(root, Mapping)
        for key, violation in zip(root.twice(), violations, strict=True):
            found.append(_at(document, key, violation.field, violation.reason, violation.description))
        return found
    try:
        resources = Resources.from_dict(plain(root))
    except ResourcesError as error:
        for v in error.violations:
            found.append(_at(document, _node_of(root, v), v.field, v.reason, v.description))
        return found
    for warning in resources.warnings:
        node = _node_of(root, Violation(warning.field, warning.reason, ""))
        note = _at(document, node, warning.field, warning.reason, warning.description)
        found.append(note._replace(severity="warning"))
    return found + [
        _at(document, value, name, "NOT_DECIMAL", f"{value.written} is read as {value.misread}")._replace(
            severity="warning"
        )
        for name, value in _numbers(root)
        if value.misread is not None
    ]


def _numbers(root: Node) -> Iterator[tuple[str, Scalar]]:
    for name, (_, value) in root.effective().items() if isinstance(root, Mapping) else ():
        sides = enumerate(value.items) if isinstance(value, Sequence) else ()
        yield from ((f"{name}[{index}]", side) for index, side in sides if isinstance(side, Scalar))
        if isinstance(value, Scalar):
            yield name, value


def _node_of(root: Node, violation: Violation) -> Node:
    if not isinstance(root, Mapping):
        return root
    name, _, index = violation.field.partition("[")
    for key, (key_node, value) in root.effective().items():
        if violation.reason == "UNKNOWN_KEY":
            if quoted(key)[1:-1] == violation.field:
                return key_node
        elif key == name:
            if isinstance(value, Sequence) and index and len(value.items) == 2:
                return value.items[int(index[0])]
            return value
    return root


def _at(document: Document, node: Node, field: str, code: str, description: str) -> Finding:
    width = node.end - node.start if isinstance(node, Scalar) else 1
    return Finding(document.place(node.start), "error", code, field, description, "", max(width, 1))


# ---- JSON Lines


def _of_lines(source: Source, counts: _Counts) -> Iterator[Report]:
    for number, line in lines(source.stream):
        counts.looked_at += 1
        place = Place(source.name, number)
        if isinstance(line, Unreadable):
            yield Report(errors(place, [line.violation()])[0])
            continue
        try:
            if not read_json(line).warnings:
                continue
            found = []
        except ResourcesError as error:
            found = errors(place, error.violations)
        text = line.decode("utf-8", "backslashreplace").rstrip("\r\n")
        try:
            # once more, to know where in the line it stands
            parsed = parse_json(source.name, text, number)
            found = _of_dict(parsed[0], parsed[0].root) if len(parsed) == 1 and parsed[0].root is not None else found
        except DocumentError as error:
            described = error.description
            found = [Finding(Place(source.name, number, error.offset + 1), "error", "UNDECODABLE", "", described)]
        yield from (Report(finding, text) for finding in found)


# ---- saying it

_WIDEST_LINE: Final = 120


def _as_text(reports: Iterable[Report]) -> None:
    colour = coloured(sys.stdout)
    for finding, line, _ in reports:
        place = styled(printable(str(finding.place)), colour, bold=True)
        code = styled(finding.code, colour, **severity_style(finding))
        kind = "warning: " if finding.severity == "warning" else ""
        print(f"{place}: {kind}{code} {printable(finding.message)}")
        if line:
            _print_line(finding, line, colour)
        if finding.subject:
            print(f"    = in {printable(finding.subject)}")
        sys.stdout.flush()


def _print_line(finding: Finding, line: str, colour: bool) -> None:
    """Print the line that a finding is about, with a mark under the place; of a very long one, what is around it."""
    start = max(finding.place.column - 1, 0)
    cut = max(0, min(start - _WIDEST_LINE // 2, len(line) - _WIDEST_LINE))
    before, after = "…" if cut else "", "…" if len(line) > cut + _WIDEST_LINE else ""
    text = line[cut : cut + _WIDEST_LINE]
    left = printable(before + text[: start - cut].replace("\t", " "))
    shown = left + printable(text[start - cut :].replace("\t", " ")) + after
    gutter = f"{finding.place.line:5} | "
    print(styled(gutter, colour, dim=True) + shown)
    if finding.place.column:
        width = max(1, min(finding.width, len(shown) - len(left) - len(after)))
        mark = styled("^" * width, colour, **severity_style(finding))
        print(styled(" " * (len(gutter) - 2) + "| ", colour, dim=True) + " " * len(left) + mark)


def _as_json(reports: Iterable[Report]) -> None:
    """Print one array, an object on each line, so that it can also be read as it comes."""
    separator = "[\n"
    for finding, _, _ in reports:
        described = {
            "file": finding.place.file,
            "line": finding.place.line or None,
            "column": finding.place.column or None,
            "severity": finding.severity,
            "code": finding.code,
            "field": finding.field,
            "message": finding.description,
            "subject": finding.subject,
        }
        print(separator + json.dumps(described))
        separator = ","
    print("[]" if separator == "[\n" else "]")


def _as_github(reports: Iterable[Report]) -> None:
    for finding, _, _ in reports:
        properties = {"file": finding.place.file, "line": finding.place.line, "col": finding.place.column}
        properties["title"] = finding.code
        told = ",".join(f"{name}={_escaped(str(value), True)}" for name, value in properties.items() if value)
        message = finding.message + (f" (in {finding.subject})" if finding.subject else "")
        print(f"::{finding.severity} {told}::{_escaped(message, False)}")


def _escaped(text: str, is_property: bool) -> str:
    for character in "%\r\n" + (":," if is_property else ""):
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def _summary(counts: _Counts) -> None:
    looked = f"{_number(counts.looked_at, 'declaration')} in {_number(counts.files, 'file')}"
    found = ", ".join(
        _number(count, word)
        for count, word in ((counts.errors, "error"), (counts.warnings, "warning"), (counts.unreadable, "unreadable"))
        if count
    )
    say(f"{NAME}: {looked}: {found or 'nothing wrong'}")


def _number(count: int, word: str) -> str:
    return f"{count:,} {word}" + ("s" if count != 1 and word != "unreadable" else "")
