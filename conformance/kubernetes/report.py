"""What the comparison found."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from differences import Finding, Row, read_table


class Report:
    """Counts differences, and keeps the smallest example of each kind."""

    def __init__(self) -> None:
        self.count = 0
        self.asked = 0  # objects that the API server judged
        self.accepted = 0
        self.applied: Counter[str] = Counter()  # by the id of a row of the table
        self._examples: dict[tuple[str, ...], tuple[int, Any, str]] = {}
        self._rows: list[Row] = read_table()

    def explains(self, finding: Finding) -> bool:
        """Return whether the table has a finding that the API server does not have."""
        for row in self._rows:
            if row.applies(finding):
                self.applied[row.id] += 1
                return True
        return False

    def differs(self, kind: tuple[str, ...], value: Any, answers: str) -> None:
        """Add a difference, of a kind, in what was made of a value."""
        self.count += 1
        self._keep(kind, (1, value, answers))

    def add(self, other: Report) -> None:
        """Add what another part of the run found."""
        self.count += other.count
        self.asked += other.asked
        self.accepted += other.accepted
        self.applied += other.applied
        for kind, example in other._examples.items():
            self._keep(kind, example)

    def _keep(self, kind: tuple[str, ...], example: tuple[int, Any, str]) -> None:
        times, value, answers = example
        if kind in self._examples:
            before, *kept = self._examples[kind]
            if len(json.dumps(kept[0])) <= len(json.dumps(value)):
                value, answers = kept
            times += before
        self._examples[kind] = (times, value, answers)

    def print(self, count: int) -> None:
        """Print the smallest example of the most frequent kinds."""
        kinds = sorted(self._examples.items(), key=lambda item: -item[1][0])
        for kind, (times, value, answers) in kinds[:count]:
            print(f"\n{times} times: {': '.join(kind)}\n  {json.dumps(value)}\n  {answers}")
        if len(kinds) > count:
            print(f"\n… and {len(kinds) - count} other kinds")
