"""Kubernetes quantities, parsed and printed exactly as Go's ``k8s.io/apimachinery/pkg/api/resource`` does.

A quantity is an optional sign, digits with an optional point, and a suffix: one of ``n u m k M G T P E`` (powers of
ten), one of ``Ki Mi Gi Ti Pi Ei`` (powers of two), or a decimal exponent (``e3``, ``E-6``). Its value is a whole number
of billionths (nanos), and all arithmetic is on these: exact, never float.

:class:`Quantity`, in ``_type``, is the public type. The rest of the package works on what it holds, a :data:`State`,
which :func:`parse` makes of a text and :func:`canonical_string` prints.
"""

from resources_py._quantity._format import (
    BINARY_SI,
    DECIMAL_SI,
    NANOS_PER_UNIT,
    Format,
    SaturatedInt,
    State,
    canonical_string,
    divide_away_from_zero,
    plain_digits,
)
from resources_py._quantity._parse import MAX_QUANTITY_CHARACTERS, as_index, parse
from resources_py._quantity._suggest import suggest

__all__ = [
    "BINARY_SI",
    "DECIMAL_SI",
    "MAX_QUANTITY_CHARACTERS",
    "NANOS_PER_UNIT",
    "Format",
    "SaturatedInt",
    "State",
    "as_index",
    "canonical_string",
    "divide_away_from_zero",
    "parse",
    "plain_digits",
    "suggest",
]
