"""What a run found, beside the deviations that are known."""

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from resources_py.cli.conformance.cases import Json, Observation
from resources_py.cli.terminal import Failure, printable

_MAX_SHOWN = 300  # characters of an answer


@dataclass
class Report:
    """The outcome of one suite.

    Attributes:
        suite: Its name.
        known: The cases that are known to deviate, and why.
        skipped: How many cases were left out.
    """

    suite: str
    known: dict[str, str]
    skipped: int = 0
    _cases: dict[str, list[Observation]] = field(default_factory=dict)

    def add(self, observation: Observation) -> None:
        """Note an answer."""
        wrong = self._cases.setdefault(observation.key, [])
        if observation.got != observation.expected:
            wrong.append(observation)

    @property
    def failed(self) -> list[Json]:
        """What fails the run: each answer that is wrong, and each known deviation that is none."""
        found = [
            {"case": each.key, "way": each.way, "expected": each.expected, "got": each.got}
            for key, wrong in self._cases.items()
            if key not in self.known
            for each in wrong
        ]
        for key in self.known:
            if not self._cases.get(key):
                problem = "deviates no longer" if key in self._cases else "is not a case of this run"
                found.append({"case": key, "way": "deviations", "problem": problem})
        return found

    def as_json(self) -> str:
        """Return the report as one JSON object."""
        deviations = [{"case": key, "reason": why} for key, why in self.known.items() if self._cases.get(key)]
        return json.dumps({**self._counts(), "deviations": deviations, "failed": self.failed})

    def lines(self) -> Iterator[str]:
        """Yield the report for people."""
        for each in self.failed:
            if "problem" in each:
                yield f"{printable(each['case'])}: known to deviate, but {each['problem']}"
            else:
                yield f"{printable(each['case'])} ({each['way']}):"
                yield f"  expected {_shown(each['expected'])}"
                yield f"  got      {_shown(each['got'])}"
        counts = self._counts()
        yield ", ".join(f"{number} {name}" for name, number in counts.items() if name != "suite")

    def _counts(self) -> Json:
        wrong = [key for key, found in self._cases.items() if found]
        deviating = sum(key in self.known for key in wrong)
        return {
            "suite": self.suite,
            "cases": len(self._cases),
            "passed": len(self._cases) - len(wrong),
            "deviating": deviating,
            "failing": len(wrong) - deviating,
            "skipped": self.skipped,
        }


def _shown(answer: Json) -> str:
    text = json.dumps(answer, ensure_ascii=False)
    return printable(text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "…")


def load_deviations(path: Path | None, suite: str) -> dict[str, str]:
    """Read the known deviations of a suite: a TOML table of the suite's name, from the case to the reason."""
    if path is None:
        return {}
    try:
        table = tomllib.loads(path.read_text("utf-8")).get(suite, {})
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}") from error
    except ValueError as error:  # not TOML, or not UTF-8
        raise Failure(f"{path}: {error}") from error
    if not isinstance(table, dict) or not all(isinstance(why, str) and why.strip() for why in table.values()):
        raise Failure(f"{path}: write a table [{suite}] with a reason for each case: tag = 'reason'")
    return table
