"""The deliberate differences from the API server: the table in docs/kubernetes.md, and when each row applies."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path as File
from typing import Any, Final, NamedTuple

from resources_py import Quantity

_PAGE: Final = File(__file__).resolve().parents[2] / "docs" / "kubernetes.md"
# A row: | `id` | where | `REASON` | …
_ROW: Final = re.compile(r"^\| `([a-z0-9-]+)` \| ([A-Za-z_, ]+) \| `([A-Z_]+)` \|", re.MULTILINE)


class Finding(NamedTuple):
    """Something that this package rejects, or a warning that it does not have."""

    where: str  # check, from_kubernetes, to_kubernetes, resolve
    reason: str
    value: Any  # what stands there


class Row(NamedTuple):
    """A row of the table: in which comparisons this package differs from Kubernetes, and for which reason."""

    id: str
    where: tuple[str, ...]
    reason: str  # SPELLING where both accept

    def applies(self, finding: Finding) -> bool:
        """Return whether this row explains a finding that the API server does not have."""
        is_meant = _CONDITIONS.get(self.id, lambda _: True)
        return finding.where in self.where and finding.reason == self.reason and is_meant(finding.value)


def read_table(page: str | None = None) -> list[Row]:
    """Return the rows of the table in docs/kubernetes.md."""
    text = _PAGE.read_text() if page is None else page
    return [Row(id, tuple(where.strip().split(", ")), reason) for id, where, reason in _ROW.findall(text)]


def _rounds_up_to_whole(value: Any) -> bool:
    """Return whether an amount has a fraction that rounding up to a thousandth makes whole."""
    text = str(value).strip(" ")
    scale = next((scale for suffix, scale in _SMALL.items() if text.endswith(suffix)), 0)
    try:
        number = Decimal(text.rstrip("num")).scaleb(scale)
    except InvalidOperation:
        return True  # in a unit for which this does not happen, or happens at the limits of what Go can hold
    return (number * 1000).to_integral_value("ROUND_CEILING") % 1000 == 0


_SMALL: Final = {"n": -9, "u": -6, "m": -3}
# What a row says about the value, beyond the reason.
_CONDITIONS: Final[dict[str, Callable[[Any], bool]]] = {
    "null": lambda value: value is None,
    "long-text": lambda value: len(str(value).strip(" ").encode()) > 64,
    "gpu-fraction": _rounds_up_to_whole,
    "many-bytes": lambda value: Quantity(str(value).strip(" ")) > Quantity(2**63 // 1000),
}
