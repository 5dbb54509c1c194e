"""Plain scalars of YAML by go-yaml's rules, which are neither YAML 1.1's nor 1.2's.

``010`` is 8, ``1_000`` is 1000, ``1e3`` is a float, ``yes`` a boolean, and ``1:30`` a string.
"""

import re
from typing import Final, TypeAlias

from resources_py.cli.documents.plain import MisreadInt

Plain: TypeAlias = str | int | float | bool | None

_WORDS: Final[dict[str, Plain]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **{form(word): True for word in ("y", "yes", "true", "on") for form in (str.lower, str.title, str.upper)},
    **{form(word): False for word in ("n", "no", "false", "off") for form in (str.lower, str.title, str.upper)},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_INTEGER: Final = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DOT_FLOAT: Final = re.compile(r"\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?", re.DOTALL)
_MAX_DIGITS: Final = 400  # more is neither an int64 nor a float64; and Python's int() would be slow


def resolve(text: str) -> Plain:
    """Return the value of a plain scalar, by the rules of go-yaml v2's `resolve`.

    >>> [resolve(text) for text in ("010", "08", "0x1F", "1_000", ".5", "1e3", "1:30", "yes", "1Gi", "~")]
    [8, 8.0, 31, 1000, 0.5, 1000.0, '1:30', True, '1Gi', None]
    """
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if first not in "+-.0123456789":
        return text
    if first == ".":
        return _finite(text.replace("_", ""), text) if _DOT_FLOAT.fullmatch(text) else text
    digits = text.replace("_", "")
    if _DATE.fullmatch(text) or len(digits) > _MAX_DIGITS:
        return text
    if match := _INTEGER.fullmatch(digits):
        sign, *groups = match.groups()
        base, number = next((base, group) for base, group in zip((16, 2, 8, 10), groups, strict=True) if group)
        value = int(sign + number, base)
        if -(2**63) <= value < (2**63 if sign else 2**64):
            return MisreadInt(value, text) if _looks_like_another(value, text) else value
    return _finite(digits, text) if _FLOAT.fullmatch(digits) else text


def _finite(digits: str, text: str) -> float | str:
    value = float(digits)
    return text if value in (float("inf"), float("-inf")) else value


def _looks_like_another(value: int, text: str) -> bool:
    """Return whether a number is not the one it looks like: ``010`` is 8."""
    if not re.fullmatch(r"[-+]?0[0-9xXoObB_][0-9a-fA-F_]*", text):
        return False
    return text.strip("+-0_") != str(value).lstrip("-").strip("0")
