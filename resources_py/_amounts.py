"""The rules for one amount, and for a request beside its limit: the same wherever they are read.

The constructor, the wire and the Kubernetes stanza differ in where a value stands and how its place is named. What
makes it right or wrong is here, once: the table "Reading resources" of the schema's comments.
"""

import math
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from resources_py._errors import QuantityError, Violation, quoted
from resources_py._quantity import (
    DECIMAL_SI,
    NANOS_PER_UNIT,
    State,
    canonical_string,
    divide_away_from_zero,
    parse,
)
from resources_py._reasons import Reason

if TYPE_CHECKING:
    from resources_py._quantity._type import Quantity

MAX_VALUE: Final = 2**63 - 1
MAX_QUANTITY_BYTES: Final = 64  # in UTF-8
# The API server counts extended resources in thousandths, in an int64.
MAX_KUBERNETES_COUNT: Final = MAX_VALUE // 1000
_MAX_INT64_NANOS: Final = MAX_VALUE * NANOS_PER_UNIT
_NANOS_PER_MILLI: Final = NANOS_PER_UNIT // 1000


class Resource:
    """One of the four resources, by all its names. Compared and hashed by identity."""

    __slots__ = ("description", "examples", "kubernetes", "number", "parameter")

    def __init__(
        self, parameter: str, number: int, kubernetes: str, description: str, examples: tuple[object, ...]
    ) -> None:
        self.parameter: Final = parameter  # Resources' parameter and attribute
        self.number: Final = number  # resourceidl.v1.Resources.ResourceName
        # The key in a container's stanza; a GPU's is the cluster's choice, with this default.
        self.kubernetes: Final = kubernetes
        self.description: Final = description
        self.examples: Final = examples  # as the constructor's dict holds them


CPU: Final = Resource("cpu", 1, "cpu", "CPU in cores.", ("500m", 2, 0.5, ["500m", 2], [None, "1"]))
MEMORY: Final = Resource("mem", 3, "memory", "Memory in bytes.", ("1Gi", "512M", ["1Gi", "2Gi"], [None, "4Gi"]))
GPU: Final = Resource("gpu", 2, "nvidia.com/gpu", "Number of GPUs, whole.", (1, "2", [None, 1]))
EPHEMERAL_STORAGE: Final = Resource(
    "ephemeral_storage", 5, "ephemeral-storage", "Scratch disk in bytes.", ("10Gi", ["1Gi", "10Gi"])
)

RESOURCES: Final = (CPU, MEMORY, GPU, EPHEMERAL_STORAGE)  # the order of parameters, wire and violations
NAMES: Final = tuple(resource.parameter for resource in RESOURCES)
BY_NUMBER: Final = {resource.number: resource for resource in RESOURCES}


class Problem(NamedTuple):
    """What is wrong or odd about a value, before its place is known."""

    reason: str
    description: str

    def at(self, field: str) -> Violation:
        """Return the violation of `field`."""
        return Violation(field, self.reason, self.description)


# What was read of each resource, as written: request and limit, None where a side does not have it.
Values: TypeAlias = dict[Resource, tuple[str | None, str | None]]

# An amount that is in range, not negative, and whole if it counts GPUs: what its quantity holds.
Amount: TypeAlias = State


def parse_amount(resource: Resource, text: str, max_value: int = MAX_VALUE) -> Amount | Problem:
    """Parse an amount of `resource`, of at most `max_value`.

    >>> wire_string(parse_amount(CPU, "0.5"))
    '500m'
    >>> parse_amount(GPU, "0.5").reason
    'NOT_WHOLE'
    """
    amount = _parse(text)
    if isinstance(amount, Problem) or (0 <= amount[0] < _MAX_INT64_NANOS and resource is not GPU):
        return amount  # nearly all of them
    return check_amount(resource, amount, text, max_value)


def parse_signed_amount(text: str) -> State | Problem:
    """Parse an amount that may be negative.

    >>> parse_signed_amount("-1")[0], parse_signed_amount("10E").reason
    (-1000000000, 'OUT_OF_RANGE')
    """
    amount = _parse(text)
    if isinstance(amount, Problem) or -_MAX_INT64_NANOS < amount[0] < _MAX_INT64_NANOS:
        return amount
    problem = check_amount(CPU, amount, text)
    return problem if isinstance(problem, Problem) and problem.reason == Reason.OUT_OF_RANGE else amount


def _parse(text: str) -> State | Problem:
    """Parse what is short enough."""
    if len(text) > MAX_QUANTITY_BYTES:
        return _too_long(text)
    try:
        return parse(text)
    except QuantityError as error:
        if len(text.encode("utf-8", "surrogatepass")) > MAX_QUANTITY_BYTES:
            return _too_long(text)
        (_, reason, description), *_ = error.violations
        return Problem(reason, description)


def convert_int(resource: Resource, value: int) -> Amount | Problem:
    """Convert a whole number to an amount of `resource`."""
    if not -MAX_VALUE <= value <= MAX_VALUE:
        return out_of_range(resource, value, negative=value < 0)
    return check_amount(resource, (value * NANOS_PER_UNIT, DECIMAL_SI, str(value) if value % 1000 else None), value)


def convert_float(resource: Resource, value: float) -> Amount | Problem:
    """Convert a number to an amount of `resource`."""
    if not math.isfinite(value):
        return Problem(Reason.INVALID_QUANTITY, f"{value} is not a quantity: {resource.parameter} must be finite")
    try:
        nanos = parse(repr(value))[0]
    except QuantityError:
        return out_of_range(resource, value, negative=value < 0)
    return check_amount(resource, (nanos, DECIMAL_SI, None), value)  # the e of 1e-05 is Python's


def convert_quantity(resource: Resource, value: "Quantity") -> Amount | Problem:
    """Convert a Quantity to an amount of `resource`."""
    return check_amount(resource, value._state, str(value))


def check_amount(resource: Resource, amount: State, given: object, max_value: int = MAX_VALUE) -> Amount | Problem:
    """Check range, sign and wholeness; `given` is the value to quote."""
    nanos = amount[0]
    # A SaturatedInt stands for something larger.
    if type(nanos) is not int or not -_MAX_INT64_NANOS <= nanos <= max_value * NANOS_PER_UNIT:
        return out_of_range(resource, given, negative=nanos < 0, max_value=max_value)
    if nanos < 0:
        return Problem(Reason.NEGATIVE, f"{quoted(given)} is below zero: write 0 or more")
    if resource is GPU and nanos % NANOS_PER_UNIT:
        whole = -(-nanos // NANOS_PER_UNIT)
        return Problem(Reason.NOT_WHOLE, f"{quoted(given)} is not a whole number of GPUs: write {whole}")
    return amount


def out_of_range(resource: Resource, given: object, *, negative: bool = False, max_value: int = MAX_VALUE) -> Problem:
    """Return the problem of a value that is too large in size."""
    if negative:
        return Problem(Reason.OUT_OF_RANGE, f"{quoted(given)} is out of range: write 0 or more")
    most = "just under 8Ei" if resource in (MEMORY, EPHEMERAL_STORAGE) else str(max_value)
    return Problem(Reason.OUT_OF_RANGE, f"{quoted(given)} is too large: the maximum is {most}")


def _too_long(text: str) -> Problem:
    described = f"{quoted(text)} is longer than {MAX_QUANTITY_BYTES} bytes: write fewer digits"
    return Problem(Reason.INVALID_QUANTITY, described)


def wire_string(amount: Amount) -> str:
    """Print, parse and print again: `31.25Ki` prints `32000`, which parses as DecimalSI and prints `32k`."""
    nanos, form, canonical = amount
    text = canonical or canonical_string(nanos, form)
    return text if form != "BinarySI" or text.endswith("i") else canonical_string(nanos, "DecimalSI")


def ceil_to_milli(nanos: int) -> int:
    """Round nanos up to thousandths, as Kubernetes does before it compares."""
    return -(-nanos // _NANOS_PER_MILLI)


def round_up_to_milli(amount: Amount) -> Amount:
    """Round up to a whole thousandth, as the API server's defaulting does."""
    nanos, form, _ = amount
    if nanos % _NANOS_PER_MILLI == 0:
        return amount
    return divide_away_from_zero(nanos, _NANOS_PER_MILLI) * _NANOS_PER_MILLI, form, None


def default_sides(request: Amount | None, limit: Amount | None) -> tuple[Amount | None, Amount | None]:
    """Return the request and the limit that the API server stores."""
    request = limit if request is None else request
    return request and round_up_to_milli(request), limit and round_up_to_milli(limit)


def check_within_limit(request: Amount, limit: Amount) -> Problem | None:
    """Check that a request is not above its limit, both rounded up to a thousandth."""
    if request[0] <= limit[0] or ceil_to_milli(request[0]) <= ceil_to_milli(limit[0]):
        return None
    found = f"request {wire_string(request)} is above limit {wire_string(limit)}"
    return Problem(Reason.REQUEST_ABOVE_LIMIT, f"{found}: raise the limit or lower the request")


def check_gpu_limit(request: Amount | None, limit: Amount | None, *, name: str | None = None) -> Problem | None:
    """Check what only Kubernetes asks of a request of GPUs, or of `name`, that is not above its limit."""
    if request is None or (limit is not None and request[0] == limit[0]):
        return None
    shown = wire_string(request)
    if limit is None:
        wanted = "a GPU request" if name is None else f"a request of {name}"
        return Problem(Reason.LIMIT_REQUIRED, f"{wanted} needs a limit: write {shown} as the limit too")
    described = f"{name or 'GPU'} request {shown} must equal limit {wire_string(limit)}: write one value for both"
    return Problem(Reason.REQUEST_NOT_EQUAL_LIMIT, described)
