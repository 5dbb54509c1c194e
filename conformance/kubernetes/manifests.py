"""Compares the rules of the `check` command with the API server's validation and warnings."""

from __future__ import annotations

import json
import re
from typing import Any, Final, NamedTuple

from differences import Finding
from mending import mended
from oracle import FieldError, Oracle, Verdict
from places import Path, field_of, find, is_at, unshifted, value_at
from report import Report

from resources_py.cli.manifests import ManifestProblem, check_object

_FRACTION: Final = re.compile(r"(.*): fractional byte value ", re.DOTALL)
_ROUNDS: Final = 12  # after which mending has not come to an end


class _Case(NamedTuple):
    value: Any
    errors: list[ManifestProblem]
    warnings: list[ManifestProblem]

    @property
    def paths(self) -> list[Path]:
        """Where the errors are."""
        return [*dict.fromkeys(error.path for error in self.errors)]


def compare(oracle: Oracle, objects: list[Any], report: Report) -> None:
    """Compare what both find in objects; then in these with some of it mended, where one finding hides another."""
    seen: set[str] = set()
    for left in range(_ROUNDS, 0, -1):
        cases = [_check(value) for value in objects]
        objects = []
        verdicts = oracle.judge([case.value for case in cases])
        report.asked += len(cases)
        for case, answer in zip(cases, verdicts, strict=True):
            verdict = answer._replace(errors=[unshifted(error, case.value) for error in answer.errors])
            report.accepted += verdict.accepted
            more = _compare_one(case, verdict, report)
            if more and left == 1:
                _differs(report, "cannot be mended", case, verdict)
            objects += [each for each in more if _is_new(each, seen)]
        if not objects:
            return


def _is_new(value: Any, seen: set[str]) -> bool:
    text = json.dumps(value)
    is_new = text not in seen
    seen.add(text)
    return is_new


def _check(value: Any) -> _Case:
    problems = check_object(value).problems
    errors = [problem for problem in problems if not problem.is_warning]
    return _Case(value, errors, [problem for problem in problems if problem.reason == "FRACTIONAL_BYTES"])


def _compare_one(case: _Case, verdict: Verdict, report: Report) -> list[Any]:
    """Compare one object; return those to look at next."""
    if verdict.accepted:
        unexplained = [error for error in case.errors if not report.explains(_finding(case, error))]
        for error in unexplained:
            _differs(report, "accepted there", case, verdict, error)
        if not case.errors:
            _compare_warnings(case, verdict, report)
        return []
    if not case.errors:
        _differs(report, "rejected there", case, verdict)
        return []
    if verdict.decoding:
        # Decoding ends at the first error. Each of ours must be one by itself, and nothing but these.
        return [_without(case), *(_alone(case, path) for path in case.paths if len(case.paths) > 1)]
    return _compare_places(case, verdict, report)


def _compare_places(case: _Case, verdict: Verdict, report: Report) -> list[Any]:
    found = [error for error in case.errors if any(is_at(each, error.path) for each in verdict.errors)]
    missed = [each for each in verdict.errors if not any(is_at(each, error.path) for error in case.errors)]
    extra = [error for error in case.errors if error not in found]
    if len(case.paths) == 1:
        for error in extra:
            if not report.explains(_finding(case, error)):
                _differs(report, "another place there", case, verdict, error)
        return [_without(case)] if missed else []
    alone = [_alone(case, error.path) for error in extra]
    return [*alone, _without(case)] if missed else alone


def _compare_warnings(case: _Case, verdict: Verdict, report: Report) -> None:
    theirs = [FieldError("", found[1], "") for text in verdict.warnings if (found := _FRACTION.match(text))]
    for problem in case.warnings:
        if not any(is_at(each, problem.path) for each in theirs) and not report.explains(_finding(case, problem)):
            _differs(report, "no warning there", case, verdict, problem)
    for each in theirs:
        path = find(case.value, each.field)
        # The API server also warns about requests that it took from limits, or from the containers.
        if path is None or any(is_at(each, problem.path) for problem in case.warnings):
            continue
        if not report.explains(Finding("warn", "FRACTIONAL_BYTES", value_at(case.value, path), path)):
            _differs(report, "warning there", case, verdict, field=each.field)


def _alone(case: _Case, path: Path) -> Any:
    """Return the object with all mended but what is found at one path."""
    return mended(case.value, [(each.path, each.is_about_key) for each in case.errors if each.path != path])


def _without(case: _Case) -> Any:
    return mended(case.value, [(error.path, error.is_about_key) for error in case.errors])


def _finding(case: _Case, problem: ManifestProblem) -> Finding:
    where = "warn" if problem.is_warning else "check"
    return Finding(where, problem.reason, value_at(case.value, problem.path), problem.path)


def _differs(
    report: Report, what: str, case: _Case, verdict: Verdict, ours: ManifestProblem | None = None, *, field: str = ""
) -> None:
    theirs = verdict.errors[0] if verdict.errors else FieldError("", field, verdict.decoding)
    place = field_of(ours.path) if ours else theirs.field
    kind = (f"check: {what}", ours.reason if ours else _shape(theirs.detail), _shape(place, ""))
    ours_text = "; ".join(f"{field_of(error.path)} {error.reason}" for error in case.errors) or "nothing"
    theirs_text = "; ".join(f"{error.field} {error.detail}" for error in verdict.errors) or verdict.decoding
    report.differs(
        kind, case.value, f"here: {ours_text}\n  there: {theirs_text or '; '.join(verdict.warnings) or 'nothing'}"
    )


def _shape(text: str, value: str = "…") -> str:
    """Return a text without what differs from object to object."""
    text = re.sub(r'"(?:\\.|[^"\\])*"', value, text)
    text = re.sub(r"\[[^\]]*\]?", "[]", text)
    text = re.sub(r"^(?:spec\.jobTemplate\.spec\.template|spec\.template|template)\.spec\.", "POD.", text)
    return re.sub(r"[-+]?\d\S*", "N", text)[:120]
