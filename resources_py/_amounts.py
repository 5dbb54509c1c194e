"""What an amount must be, and what a request must be to its limit: the same wherever it is read.

The constructor, the wire and the Kubernetes stanza differ in where a value stands and in how its place is named. What
makes it right or wrong is here, once: the table "Reading resources" of the schema's comments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias, cast

from resources_py._errors import QuantityError, Violation, quoted
from resources_py._quantity import Format, Number, Quantity, canonical_string, parse, state_of

MAX_VALUE: Final = 2**63 - 1
# The API server counts extended resources in thousandths, in an int64.
MAX_KUBERNETES_COUNT: Final = MAX_VALUE // 1000
MAX_QUANTITY_BYTES: Final = 64  # UTF-8 bytes


@dataclass(frozen=True, eq=False, slots=True)  # compared and hashed by identity: there are four
class Resource:
    """One of the four resources, by all its names."""

    parameter: str  # Resources' parameter and attribute
    number: int  # resourceidl.v1.Resources.ResourceName
    kubernetes: str  # key in a container's stanza; a GPU's is the cluster's choice, this one unless said otherwise


CPU: Final = Resource("cpu", 1, "cpu")
MEMORY: Final = Resource("mem", 3, "memory")
GPU: Final = Resource("gpu", 2, "nvidia.com/gpu")
EPHEMERAL_STORAGE: Final = Resource("ephemeral_storage", 5, "ephemeral-storage")

RESOURCES: Final = (CPU, MEMORY, GPU, EPHEMERAL_STORAGE)  # in the order of parameters, wire and violations alike
BY_NUMBER: Final = {resource.number: resource for resource in RESOURCES}


class Problem(NamedTuple):
    """Why an amount is refused; whoever read it knows the place."""

    reason: str
    description: str

    def at(self, field: str) -> Violation:
        """Give the violation of `field`."""
        return Violation(field, self.reason, self.description)


# A sound amount, in range, not negative, and whole if it counts GPUs: its value in billionths, its format, and its
# canonical string where that is known. As it was read: a message has up to eight, and few are asked for more.
Amount: TypeAlias = tuple[int, Format, str | None]

NANOS_PER_UNIT: Final = 10**9
_NANOS_PER_MILLI: Final = 10**6
_MOST: Final = MAX_VALUE * NANOS_PER_UNIT


def ceil_to_milli(nanos: int) -> int:
    """Round billionths up to thousandths, as Kubernetes does before it compares."""
    return -(-nanos // _NANOS_PER_MILLI)


# What is plainly sound: in range whatever the digits, not negative, and whole where GPUs are counted.
_PLAIN: Final = re.compile(r"[0-9]{1,6}+(?:\.[0-9]{1,9}+)?+(?:[KMGT]i|[mkMGT])?+|[0-9]{1,18}+").fullmatch
_DIGITS: Final = re.compile(r"[0-9]{1,18}+").fullmatch
PLAIN: Final = {resource: _DIGITS if resource is GPU else _PLAIN for resource in RESOURCES}
_PLAIN_PAIR: Final = re.compile(r"([0-9]{1,6}+)([KMGT]i|[mkMGT]|) ([0-9]{1,6}+)\2").fullmatch


def fast_ordered(request: str, limit: str) -> bool:
    """Say whether both are plainly sound, and `request` not above `limit`."""
    alike = _PLAIN_PAIR(f"{request} {limit}")
    if alike:
        return int(alike[1]) <= int(alike[3])
    return bool(_PLAIN(request) and _PLAIN(limit)) and parse(request)[0] <= parse(limit)[0]


def parse_amount(resource: Resource, text: str) -> Amount | Problem:
    """Read what `text` says of `resource`.

    >>> wire_string(parse_amount(CPU, "0.5"))
    '500m'
    >>> parse_amount(GPU, "0.5").reason
    'NOT_WHOLE'
    """
    if len(text) > MAX_QUANTITY_BYTES or (
        not text.isascii() and len(text.encode("utf-8", "surrogatepass")) > MAX_QUANTITY_BYTES
    ):
        return too_long(text)
    try:
        read = parse(text)
    except QuantityError as error:
        return _no_quantity(error)
    nanos = read[0]
    if type(nanos) is not int or not 0 <= nanos <= _MOST or (resource is GPU and nanos % NANOS_PER_UNIT):
        return _unsound(nanos, text)
    return read  # type: ignore[return-value]  # the number is an int


def convert_amount(resource: Resource, value: float | Quantity) -> Amount | Problem:
    """Say what a number, or a quantity, says of `resource`."""
    try:
        quantity = Quantity(value)
    except QuantityError as error:
        return _no_quantity(error)
    read = state_of(quantity)
    nanos = read[0]
    if type(nanos) is not int or not 0 <= nanos <= _MOST or (resource is GPU and nanos % NANOS_PER_UNIT):
        return _unsound(nanos, str(value) if isinstance(value, Quantity) else value)
    return cast("Amount", read)


def wire_string(amount: Amount) -> str:
    """Print, parse and print again: `31.25Ki` prints `32000`, which is DecimalSI when it is read, and prints `32k`."""
    nanos, form, canonical = amount
    text = canonical or canonical_string(nanos, form)
    return text if form != "BinarySI" or text.endswith("i") else canonical_string(nanos, "DecimalSI")


def round_up_to_milli(amount: Amount) -> Amount:
    """Round up to a whole thousandth, as the API server's defaulting does."""
    nanos, form, _ = amount
    return amount if nanos % _NANOS_PER_MILLI == 0 else (ceil_to_milli(nanos) * _NANOS_PER_MILLI, form, None)


def _no_quantity(error: QuantityError) -> Problem:
    return Problem(error.violations[0].reason, error.violations[0].description)


def _unsound(nanos: Number, written: object) -> Problem:
    """Say what is wrong with a value that is read but cannot be taken; `written` is what to quote."""
    if type(nanos) is not int or not -_MOST <= nanos <= _MOST:  # far too large, or what Go puts in the place of `8Ei`
        return out_of_range(written)
    if nanos < 0:
        return Problem("NEGATIVE", f"{quoted(written)} is below zero: write 0 or more")
    return Problem("NOT_WHOLE", f"{quoted(written)} is no whole number of GPUs: write {-(-nanos // NANOS_PER_UNIT)}")


def out_of_range(written: object) -> Problem:
    """Refuse what is too large."""
    return Problem("OUT_OF_RANGE", f"{quoted(written)} is beyond 2^63-1: write {MAX_VALUE} or less")


def too_long(text: str) -> Problem:
    """Refuse what is longer than any sensible amount, before looking at it."""
    return Problem("INVALID_QUANTITY", f"{quoted(text)} is longer than {MAX_QUANTITY_BYTES} bytes: write it shorter")


def check_within_limit(request: Amount, limit: Amount) -> Problem | None:
    """Refuse a request above its limit, both rounded up to a thousandth: nobody can carry that."""
    if request[0] <= limit[0] or ceil_to_milli(request[0]) <= ceil_to_milli(limit[0]):
        return None
    found = f"request {wire_string(request)} is above limit {wire_string(limit)}"
    return Problem("REQUEST_ABOVE_LIMIT", f"{found}: raise the limit or lower the request")


def check_gpu_limit(request: Amount | None, limit: Amount | None, name: str | None = None) -> Problem | None:
    """Check the rule that only Kubernetes has: a request of GPUs, or of the resource `name`, must equal its limit."""
    if request is None or (limit is not None and request[0] == limit[0]):
        return None
    shown = wire_string(request)
    if limit is None:
        wanted = "a GPU request" if name is None else f"a request of {name}"
        return Problem("LIMIT_REQUIRED", f"{wanted} needs a limit: write {shown} as the limit too")
    described = f"{name or 'GPU'} request {shown} must equal limit {wire_string(limit)}: write one value for both"
    return Problem("REQUEST_NOT_EQUAL_LIMIT", described)


def check_kubernetes_count(amount: Amount) -> Problem | None:
    """Check that Kubernetes can count so many devices."""
    if amount[0] <= MAX_KUBERNETES_COUNT * NANOS_PER_UNIT:
        return None
    described = f"{wire_string(amount)} is more than Kubernetes counts: the maximum is {MAX_KUBERNETES_COUNT}"
    return Problem("OUT_OF_RANGE", described)
