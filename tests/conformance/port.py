"""A port of the specification, written from its documents alone. It imports nothing of ours.

Tests hold it to the vectors through `resources-py conformance`, and break it sentence by sentence: see mutants.toml.
"""

from __future__ import annotations

import json
import re
import sys
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from typing import Any

# ---- quantities: resources.proto, ResourceEntry.value

MAX = 2**63 - 1
NANO, MILLI = 10**9, 10**3
BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
QUANTITY = re.compile(
    r"(?P<sign>[+-]?)(?P<whole>[0-9]*)(?:\.(?P<fraction>[0-9]*))?"
    r"(?:(?P<binary>[KMGTPE]i)|[eE](?P<exponent>[+-]?[0-9]+)|(?P<decimal>[numkMGTPE]?))"
)
OVERLONG = re.compile(r"[+-]?[0-9]*(\.[0-9]*)?[eE][+-]?0*[1-9][0-9]{3,}")


def away(value: Fraction, parts: int) -> Fraction:
    """Round to a whole number of parts, away from zero."""
    size = Fraction(-(-abs(value) * parts // 1), parts)
    return -size if value < 0 else size


class Quantity:
    def __init__(self, value: Fraction, form: str, capped: bool = False) -> None:
        self.value, self.form, self.capped = value, form, capped


def parse(text: str) -> Quantity | None:
    found = QUANTITY.fullmatch(text)
    if found is None or text == "":
        return None
    sign, whole, fraction, binary, exponent, decimal = found.groups(default=None)
    digits = whole + (fraction or "")
    if binary:
        form, multiplier = "BinarySI", Fraction(2) ** BINARY[binary]
    elif exponent:
        form, multiplier = "DecimalExponent", Fraction(10) ** int(exponent)
    else:
        form, multiplier = "DecimalSI", Fraction(10) ** DECIMAL[decimal]
    if not digits and (binary in ("Pi", "Ei") or (exponent and int(exponent) < -9)):
        return None
    size = Fraction(int(digits or "0"), 10 ** len(fraction or "")) * multiplier
    size = away(size, NANO)
    capped = form == "BinarySI" and size > MAX
    if capped:
        size = Fraction(MAX)
    if form == "BinarySI" and 0 < size < 1:
        form = "DecimalSI"
    return Quantity(-size if sign == "-" else size, form, capped)


def print_quantity(value: Fraction, form: str) -> str:
    if value == 0:
        return "0"
    sign, size = "-" * (value < 0), abs(value)
    if form == "BinarySI" and size.denominator == 1 and size >= 1024:
        number, power = int(size), 0
        while number % 1024 == 0:
            number, power = number // 1024, power + 10
        suffixes = {power: suffix for suffix, power in BINARY.items()}
        return f"{sign}{number}{suffixes.get(power, '')}"
    number, power = int(size * NANO), -9
    while number % 1000 == 0:
        number, power = number // 1000, power + 3
    if form == "DecimalExponent":
        return f"{sign}{number}e{power}" if power else f"{sign}{number}"
    suffixes = {power: suffix for suffix, power in DECIMAL.items()}
    return f"{sign}{number}{suffixes.get(power, '')}"


def wire_string(value: Fraction, form: str) -> str:
    again = parse(print_quantity(value, form))
    assert again is not None
    return print_quantity(again.value, again.form)


# ---- one amount

CPU, GPU, MEMORY, EPHEMERAL_STORAGE = 1, 2, 3, 5
ORDER = (CPU, MEMORY, GPU, EPHEMERAL_STORAGE)
MAX_GPUS = 9223372036854775


def judge(resource: int, quantity: Quantity, most: int) -> str:
    if quantity.capped or abs(quantity.value) > MAX or quantity.value > most:
        return "OUT_OF_RANGE"
    if quantity.value < 0:
        return "NEGATIVE"
    if resource == GPU and quantity.value.denominator != 1:
        return "NOT_WHOLE"
    return ""


def read_text(resource: int, text: str, most: int = MAX) -> Quantity | str:
    if len(text.encode()) > 64:
        return "INVALID_QUANTITY"
    if OVERLONG.fullmatch(text):
        return "OUT_OF_RANGE"
    quantity = parse(text)
    if quantity is None:
        return "INVALID_QUANTITY"
    return judge(resource, quantity, most) or quantity


def above(request: Quantity, limit: Quantity) -> bool:
    return away(request.value, MILLI) > away(limit.value, MILLI)


# ---- protobuf: what a decoder of proto3 must do


class UndecodableError(Exception):
    """The bytes are not a message."""


def varint(data: bytes, at: int) -> tuple[int, int]:
    number = 0
    for index in range(10):
        if at + index >= len(data):
            raise UndecodableError
        number |= (data[at + index] & 0x7F) << 7 * index
        if data[at + index] < 0x80:
            return number & (1 << 64) - 1, at + index + 1
    raise UndecodableError


def fields(data: bytes, at: int = 0, group: int = 0) -> tuple[list[tuple[int, int, Any]], int]:
    """Return (number, wire type, content) of each field, to the end of the data or of a group."""
    found: list[tuple[int, int, Any]] = []
    while at < len(data):
        tag, at = varint(data, at)
        number, kind = tag >> 3, tag & 7
        if not 1 <= number < 1 << 29:
            raise UndecodableError
        content: Any = None
        if kind == 0:
            content, at = varint(data, at)
        elif kind == 2:
            length, at = varint(data, at)
            content, at = data[at : at + length], at + length
        elif kind == 3:
            _, at = fields(data, at, number)
        elif kind == 4 and number == group:
            return found, at
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise UndecodableError
        if at > len(data):
            raise UndecodableError
        found.append((number, kind, content))
    if group:
        raise UndecodableError
    return found, at


def decode(request: bytes) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    sides: tuple[list[tuple[int, str]], list[tuple[int, str]]] = ([], [])
    for number, kind, message in fields(request)[0]:
        if (number, kind) != (1, 2):
            continue
        for side, kind, entry in fields(message)[0]:
            if side not in (1, 2) or kind != 2:
                continue
            name, value = 0, ""
            for number, kind, content in fields(entry)[0]:
                if (number, kind) == (1, 0):
                    name = content & 0xFFFFFFFF
                if (number, kind) == (2, 2):
                    try:
                        value = content.decode("utf-8")
                    except UnicodeDecodeError:
                        raise UndecodableError from None
            sides[side - 1].append((name, value))
    return sides


def encode(sides: tuple[dict[int, str], dict[int, str]]) -> bytes:
    out = b""
    for tag, side in zip((b"\x0a", b"\x12"), sides, strict=True):
        for resource in ORDER:
            if resource in side:
                value = side[resource].encode()
                entry = bytes([0x08, resource, 0x12, len(value)]) + value
                out += tag + bytes([len(entry)]) + entry
    return out


# ---- Resolve

Violations = list[tuple[str, str]]
Amounts = dict[int, tuple[int, Quantity | None]]  # the first entry of each name; None if it is not sound


def read_list(side: str, entries: list[tuple[int, str]], violations: Violations) -> Amounts:
    first: Amounts = {}
    if len(entries) > 16:
        violations.append((f"resources.{side}", "TOO_MANY_ENTRIES"))
        return first
    for index, (name, text) in enumerate(entries):
        place = f"resources.{side}[{index}]"
        if name not in ORDER:
            violations.append((place + ".name", "UNSUPPORTED_NAME"))
        elif name in first:
            violations.append((place + ".name", "DUPLICATE_NAME"))
        else:
            amount = read_text(name, text, MAX_GPUS if name == GPU else MAX)
            first[name] = index, None if isinstance(amount, str) else amount
            if isinstance(amount, str):
                violations.append((place + ".value", amount))
    return first


def compare(resource: int, request: Quantity, limits: Amounts, too_many_limits: bool) -> str:
    _, limit = limits.get(resource, (0, None))
    if limit is not None and above(request, limit):
        return "REQUEST_ABOVE_LIMIT"
    if resource == GPU and limit is not None and request.value < limit.value:
        return "REQUEST_NOT_EQUAL_LIMIT"
    if resource == GPU and resource not in limits and not too_many_limits:
        return "LIMIT_REQUIRED"
    return ""


def resolve(request: bytes) -> tuple[bytes, Violations]:
    """Return the bytes of the Resources, or violations."""
    violations: Violations = []
    entries = decode(request)
    requests = read_list("requests", entries[0], violations)
    limits = read_list("limits", entries[1], violations)
    for resource in ORDER:
        index, amount = requests.get(resource, (0, None))
        reason = compare(resource, amount, limits, len(entries[1]) > 16) if amount is not None else ""
        if reason:
            violations.append((f"resources.requests[{index}].value", reason))
    if violations:
        return b"", violations
    resolved: tuple[dict[int, str], dict[int, str]] = ({}, {})
    for resource in ORDER:
        limit = limits.get(resource, (0, None))[1]
        for side, amount in zip(resolved, (requests.get(resource, (0, limit))[1], limit), strict=True):
            if amount is not None:
                side[resource] = wire_string(away(amount.value, MILLI), amount.form)
    return encode(resolved), []


# ---- the constructor: docs/reference/constructor.md

PARAMETERS = {"cpu": CPU, "mem": MEMORY, "gpu": GPU, "ephemeral_storage": EPHEMERAL_STORAGE}
Side = tuple[Quantity, str | None]  # with its text


def convert(resource: int, typed: Any) -> Side | str:
    """Return the amount and the text of a value, or a reason."""
    if isinstance(typed, list):
        return "WRONG_TYPE"
    kind, _, rest = typed.partition(":")
    text: str | None = None
    quantity: Quantity | None
    if kind in ("int", "index"):
        quantity = Quantity(Fraction(int(rest)), "DecimalSI")
    elif kind == "quantity":
        quantity = parse(rest)
        assert quantity is not None
        text = print_quantity(quantity.value, quantity.form)
    elif kind == "float" and resource == CPU:
        if not isfinite(float(rest)):
            return "INVALID_QUANTITY"
        quantity = Quantity(away(Fraction(repr(float(rest))), NANO), "DecimalSI")
    elif kind == "str" or (kind == "decimal" and resource == CPU):
        text = rest if kind == "str" else str(Decimal(rest))
        amount = read_text(resource, text)
        return amount if isinstance(amount, str) else (amount, text)
    else:
        return "WRONG_TYPE"
    return judge(resource, quantity, MAX) or (quantity, text)


def find_warning(resource: int, side: Side) -> str:
    value, text = side[0].value, side[1]
    if text is not None and value == 0 and not re.match(r"[+-]?\.?[0-9]", text):
        return "NO_DIGITS"
    if text is not None and resource in (CPU, GPU) and text.endswith("i"):
        return "BINARY_SUFFIX"
    if resource in (MEMORY, EPHEMERAL_STORAGE) and value.denominator != 1:
        return "FRACTIONAL_BYTES"
    if resource == MEMORY and 0 < value < 1048576:
        return "TINY_MEMORY"
    if resource == CPU and value > 256:
        return "HUGE_CPU"
    if resource == GPU and value > 64:
        return "HUGE_GPU"
    if resource == CPU and (value * MILLI).denominator != 1:
        return "FINER_THAN_MILLI"
    return ""


def find_gpu_warning(resource: int, request: Side | None, limit: Side | None) -> str:
    if resource != GPU or request is None:
        return ""
    if limit is None:
        return "GPU_LIMIT_MISSING"
    return "GPU_OVERCOMMITTED" if request[0].value < limit[0].value else ""


def read_side(field: str, resource: int, typed: Any, violations: Violations) -> Side | None:
    side = None if typed == "none" else convert(resource, typed)
    if isinstance(side, str):
        violations.append((field, side))
        return None
    return side


def read_pair(
    parameter: str, resource: int, given: list[Any], violations: Violations, warnings: Violations
) -> list[Side | None]:
    if len(given) != 2 or given == ["none", "none"]:
        violations.append((parameter, "WRONG_LENGTH"))
        return [None, None]
    request, limit = (read_side(f"{parameter}[{n}]", resource, typed, violations) for n, typed in enumerate(given))
    if request is not None and limit is not None and above(request[0], limit[0]):
        violations.append((f"{parameter}[0]", "REQUEST_ABOVE_LIMIT"))
    if request is not None:
        found = find_gpu_warning(resource, request, limit) or find_warning(resource, request)
        warnings.append((f"{parameter}[0]", found))
    if limit is not None:
        warnings.append((f"{parameter}[1]", find_warning(resource, limit)))
    return [request, limit]


def declare(arguments: dict[str, Any]) -> dict[str, Any]:
    violations: Violations = []
    warnings: Violations = []
    sides: tuple[dict[int, str], dict[int, str]] = ({}, {})
    for parameter, resource in PARAMETERS.items():
        given = arguments.get(parameter, "none")
        if isinstance(given, list):
            pair = read_pair(parameter, resource, given, violations, warnings)
        else:
            side = read_side(parameter, resource, given, violations)
            pair = [side, side]
            if side is not None:
                warnings.append((parameter, find_warning(resource, side)))
        for target, amount in zip(sides, pair, strict=True):
            if amount is not None:
                target[resource] = wire_string(amount[0].value, amount[0].form)
    if violations:
        return {"violations": as_json(violations)}
    return {"wire": encode(sides).hex(), "warnings": as_json([each for each in warnings if each[1]])}


def as_json(found: Violations) -> list[dict[str, str]]:
    return [{"field": field, "reason": reason} for field, reason in found]


# ---- the line protocol: conformance/README.md


def describe(text: str) -> dict[str, Any]:
    """Answer a row of quantities.jsonl that has one text."""
    quantity = parse(text) if len(text) <= 256 and not OVERLONG.fullmatch(text) else None
    if quantity is None or not is_printable(quantity):
        return {"reason": ""}
    milli = away(quantity.value, MILLI)
    answer: dict[str, Any] = {
        "value": exact(quantity.value),
        "format": quantity.form,
        "canonical": print_quantity(quantity.value, quantity.form),
        "again": wire_string(quantity.value, quantity.form),
        "rounded": print_quantity(milli, quantity.form),
        "whole": str(away(quantity.value, 1)),
        "milli": str(milli * MILLI),
    }
    return answer | ({"capped": True} if quantity.capped else {})


def is_printable(quantity: Quantity) -> bool:
    text = print_quantity(quantity.value, quantity.form)
    return len(text) <= 256 and not OVERLONG.fullmatch(text)


def exact(value: Fraction) -> str:
    number, power = int(value * NANO), -9
    while number and number % 10 == 0:
        number, power = number // 10, power + 1
    return f"{number}e{power}" if number else "0e0"


def main() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        answer = declare(asked["arguments"]) if "arguments" in asked else describe(asked["text"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
