"""The deliberate differences from the API server, which docs/reference/kubernetes.md lists, and when each applies."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path as File
from typing import Any, Final, NamedTuple

from places import Path

from resources_py import Quantity

_PAGE: Final = File(__file__).resolve().parents[2] / "docs" / "reference" / "kubernetes.md"
# A row: | `id` | where | `REASON` | …
_ROW: Final = re.compile(r"^\| `([a-z0-9-]+)` \| ([A-Za-z_, ]+) \| `([A-Z_]+)` \|", re.MULTILINE)


class Finding(NamedTuple):
    """Something that only one side has: an error or a warning of this package, or a warning of the API server."""

    where: str  # check, warn, from_kubernetes, to_kubernetes, resolve
    reason: str
    value: Any  # what stands there
    path: Path = ()  # of what `check` finds


class Row(NamedTuple):
    """A row of the table: in which comparisons this package differs from Kubernetes, and for which reason."""

    id: str
    where: tuple[str, ...]
    reason: str  # SPELLING where both accept

    def applies(self, finding: Finding) -> bool:
        """Return whether this row explains a finding that the API server does not have."""
        is_meant = _CONDITIONS.get(self.id, lambda _: True)
        return finding.where in self.where and finding.reason == self.reason and is_meant(finding)


def read_table(page: str | None = None) -> list[Row]:
    """Return the rows of the table in docs/reference/kubernetes.md."""
    text = _PAGE.read_text() if page is None else page
    return [Row(id, tuple(where.strip().split(", ")), reason) for id, where, reason in _ROW.findall(text)]


def _amount(finding: Finding) -> Quantity:
    return Quantity(str(finding.value).strip(" "))


def _rounds_up_to_whole(finding: Finding) -> bool:
    """Return whether an amount has a fraction that rounding up to a thousandth makes whole."""
    amount = _amount(finding)
    return amount.decimal % 1 != 0 and amount.milli_value % 1000 == 0


def _is_looked_at(path: Path) -> bool:
    """Return whether the API server looks for a fraction of a byte there: in containers, overhead and claims."""
    is_in_container = len(path) > 4 and str(path[-5]).lower().endswith("containers")
    return is_in_container or path[-2:-1] == ("overhead",) or path[-1:] == ("storage",)


# What a row says beyond the reason.
_CONDITIONS: Final[dict[str, Callable[[Finding], bool]]] = {
    "null": lambda finding: finding.value is None,
    "long-text": lambda finding: len(str(finding.value).strip(" ").encode()) > 64,
    "gpu-fraction": _rounds_up_to_whole,
    "other-fractions": lambda finding: not _is_looked_at(finding.path),
    "many-bytes": lambda finding: abs(_amount(finding).decimal) > 2**63 // 1000,
}
