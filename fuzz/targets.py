"""The fuzz targets: one for each reader of untrusted input.

A target turns any bytes into input for its reader, and checks what must be true of every result. It raises
AssertionError if a check fails, and passes on any error that the reader does not document. Nothing here imports the
fuzzer, so pytest can replay the corpus.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from decimal import Context, Decimal
from io import BytesIO, TextIOWrapper
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

from resourceidl.v1 import resources_pb2 as pb
from resourceidl_betterproto.resourceidl import v1 as betterproto
from resources_py import Quantity, QuantityError, Resources, ResourcesError, ResourcesTypeError

# The reasons that each kind of reader documents.
AMOUNT: Final = frozenset({"INVALID_QUANTITY", "OUT_OF_RANGE", "NEGATIVE", "NOT_WHOLE", "REQUEST_ABOVE_LIMIT"})
ON_THE_WIRE: Final = AMOUNT | {"TOO_MANY_ENTRIES", "UNSUPPORTED_NAME", "DUPLICATE_NAME", "UNDECODABLE"}
DECLARED: Final = AMOUNT | {"WRONG_TYPE", "WRONG_LENGTH", "UNKNOWN_KEY"}
# What only Kubernetes rejects, all of it about a GPU. It counts in thousandths, hence OUT_OF_RANGE.
KUBERNETES_ALONE: Final = frozenset({"REQUEST_NOT_EQUAL_LIMIT", "LIMIT_REQUIRED", "OUT_OF_RANGE"})
GPU_FIELD: Final = re.compile(r'(requests|limits)\["nvidia\.com/gpu"\]')
IN_A_STANZA: Final = AMOUNT | KUBERNETES_ALONE | {"WRONG_TYPE", "UNKNOWN_KEY"}
WIRE_FIELD: Final = re.compile(r"|(requests|limits)(\[([0-9]|1[0-5])\]\.(name|value))?")
PARAMETERS: Final = {1: "cpu", 2: "gpu", 3: "mem", 5: "ephemeral_storage"}
STANZA_KEYS: Final = {"cpu": "cpu", "memory": "mem", "nvidia.com/gpu": "gpu", "ephemeral-storage": "ephemeral_storage"}
MOST: Final = Decimal(2**63 - 1)


# ---- checks of every result and every error


def sound(r: Resources) -> None:
    """Check what is true of every Resources."""
    data = bytes(r)
    again = Resources.from_bytes(data)
    assert again == r
    assert hash(again) == hash(r)
    assert bytes(again) == data, "reading and sending once more changes no byte"
    assert Resources.from_json(r.to_json()) == r
    for side in (r.requests, r.limits):
        assert all(0 <= quantity.decimal <= MOST for quantity in side.values())
    for name, request in r.requests.items():
        limit = r.limits.get(name, request)
        assert request.milli_value <= limit.milli_value
    try:
        stanza = r.to_kubernetes()
    except ResourcesError as error:
        refused(error, KUBERNETES_ALONE, GPU_FIELD)
    else:
        assert Resources.from_kubernetes(stanza) == r


def kept(message: Any, r: Resources) -> None:
    """Compare `r` with the message that it was read from: nothing is dropped or changed."""
    for sent, read in ((message.requests, r.requests), (message.limits, r.limits)):
        assert {PARAMETERS[entry.name]: Quantity(entry.value) for entry in sent} == read


def declared(given: dict[str, Any], r: Resources) -> None:
    """Compare `r` with the dict that it was read from."""
    pairs = {name: value if isinstance(value, list | tuple) else (value, value) for name, value in given.items()}
    for side, read in enumerate((r.requests, r.limits)):
        assert {name: Quantity(pair[side]) for name, pair in pairs.items() if pair[side] is not None} == read


def refused(error: ResourcesError, reasons: frozenset[str], field: re.Pattern[str] | None = None) -> None:
    """Check the form of an error."""
    assert error.violations
    for violation in error.violations:
        assert violation.reason in reasons, violation
        assert violation.description
        assert len(violation.description.encode()) <= 120, violation
        assert field is None or field.fullmatch(violation.field), violation
    if isinstance(error, ResourcesTypeError):
        assert {violation.reason for violation in error.violations} <= {"WRONG_TYPE"}


# ---- the readers


def quantity(data: bytes) -> None:
    """One text, or two separated by a line break, to compare and calculate with."""
    first, _, second = data.decode("utf-8", "surrogateescape").partition("\n")
    one = _quantity(first)
    other = _quantity(second) if second else None
    if one is None or other is None:
        return
    assert (one < other, one == other, one > other) == (
        one.decimal < other.decimal,
        one.decimal == other.decimal,
        one.decimal > other.decimal,
    )
    assert (one == other) <= (hash(one) == hash(other))
    if one.decimal:  # otherwise, the sum has the other format
        try:
            total = one + other
        except QuantityError as error:
            refused(error, frozenset({"OUT_OF_RANGE"}))
        else:
            assert total - other == one


def _quantity(text: str) -> Quantity | None:
    try:
        read = Quantity(text)
    except QuantityError as error:
        refused(error, frozenset({"OUT_OF_RANGE" if error.reason == "range" else "INVALID_QUANTITY"}))
        return None
    if plain := _PLAIN.fullmatch(text):
        sign, number, suffix = plain.groups()
        exact = _EXACT.multiply(Decimal(number), _UNITS[suffix])
        if exact <= MOST:  # beyond it, Go caps binary suffixes
            assert (read.decimal < 0) == (sign == "-" and exact > 0)
            assert 0 <= _EXACT.subtract(abs(read.decimal), exact) < Decimal("1e-9"), "rounded away from zero to a nano"
    canonical = str(read)
    if abs(read.decimal) <= MOST:  # beyond it, Go prints some without their suffix
        assert Quantity(canonical) == read
    assert eval(repr(read)) == read
    assert read.value == _away_from_zero(read.decimal)
    assert read.milli_value == _away_from_zero(read.decimal.scaleb(3, _EXACT))
    return read


_EXACT: Final = Context(prec=10_000)
_PLAIN: Final = re.compile(r"([+-]?)([0-9]+\.?[0-9]*|\.[0-9]+)([numkMGTPE]?|[KMGTPE]i)")
_UNITS: Final = {
    **{
        suffix: Decimal(1).scaleb(power)
        for power, suffix in zip(range(-9, 21, 3), ("n", "u", "m", "", *"kMGTPE"), strict=True)
    },
    **{f"{suffix}i": Decimal(1024**power) for power, suffix in enumerate("KMGTPE", 1)},
}


def _away_from_zero(number: Decimal) -> int:
    below = int(number)
    return below if below == number else below + (1 if number > 0 else -1)


def from_bytes(data: bytes) -> None:
    """The bytes themselves."""
    try:
        read = Resources.from_bytes(data)
    except ResourcesError as error:
        refused(error, ON_THE_WIRE, WIRE_FIELD)
    else:
        sound(read)
        kept(pb.Resources.FromString(data), read)


def from_proto(data: bytes) -> None:
    """A message built by :class:`Choices`: of either binding, or an object of another type."""
    choices = Choices(data)
    kind = choices.below(8)
    if kind == 0:
        message: object = choices.value(2)
    elif kind == 1:
        message = betterproto.Resources(
            *(
                [
                    betterproto.ResourcesResourceEntry(name=name, value=value)  # type: ignore[arg-type]
                    for name, value in choices.entries()
                ]
                for _ in range(2)
            )
        )
    else:
        message = pb.Resources(
            **{
                side: [pb.Resources.ResourceEntry(name=name, value=value) for name, value in choices.entries()]
                for side in ("requests", "limits")
            }
        )
    try:
        read = Resources.from_proto(message)
    except ResourcesTypeError as error:
        assert kind == 0
        refused(error, frozenset({"WRONG_TYPE"}))
    except ResourcesError as error:
        assert kind != 0
        refused(error, ON_THE_WIRE - {"UNDECODABLE"}, WIRE_FIELD)
    else:
        assert kind != 0
        sound(read)
        kept(message, read)


def from_json(data: bytes) -> None:
    """The bytes themselves, in any encoding that JSON allows."""
    try:
        read = Resources.from_json(data)
    except ResourcesError as error:
        refused(error, DECLARED | {"UNDECODABLE"})
    else:
        sound(read)
        declared(json.loads(data), read)


def from_dict(data: bytes) -> None:
    """A dict, or another value, built by :class:`Choices`."""
    choices = Choices(data)
    given: Any = choices.mapping(("cpu", "mem", "gpu", "ephemeral_storage"), choices.declared)
    if choices.below(16) == 15:
        given = choices.value(2)
    try:
        read = Resources.from_dict(given)
    except ResourcesError as error:
        refused(error, DECLARED)
    else:
        sound(read)
        declared(given, read)
        assert Resources.from_dict(read.to_dict()) == read


def from_kubernetes(data: bytes) -> None:
    """A stanza, or another value, built by :class:`Choices`."""
    choices = Choices(data)
    given: Any = choices.mapping(
        ("requests", "limits"),
        lambda: choices.mapping(tuple(STANZA_KEYS), choices.scalar) if choices.below(8) else choices.value(1),
    )
    if choices.below(16) == 15:
        given = choices.value(2)
    try:
        read = Resources.from_kubernetes(given)
    except ResourcesError as error:
        refused(error, IN_A_STANZA)
    else:
        sound(read)
        for side, amounts in (("requests", read.requests), ("limits", read.limits)):
            texts = {key: str(value).strip() for key, value in given.get(side, {}).items()}
            assert {STANZA_KEYS[key]: Quantity(text) for key, text in texts.items()} == amounts


def files(data: bytes) -> None:
    """A file for the command line: the first byte selects the command, the rest is the content."""
    from resources_py.cli._main import run  # slow to import, and the other targets do not need it

    command = COMMANDS[data[0] % len(COMMANDS) if data else 0]
    out, said = TextIOWrapper(BytesIO(), "utf-8"), TextIOWrapper(BytesIO(), "utf-8")
    with NamedTemporaryFile(dir=_MEMORY) as file, redirect_stdout(out), redirect_stderr(said):
        file.write(data[1:])
        file.flush()
        code = run([*command, file.name])
    texts = []
    for stream in (out, said):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())  # type: ignore[attr-defined]
    printed, errors = texts
    assert code in (0, 1, 2), errors
    assert "this is a bug" not in errors, errors
    assert code == 0 or printed or errors, "it fails without a word"
    if command[0] == "convert":
        for written in map(json.loads, printed.splitlines()):
            Resources.from_dict(written.get("resources", written))  # a manifest's have whose they are beside them


COMMANDS: Final = (
    ("check",),
    ("check", "--format", "json"),
    ("show",),
    ("convert", "--to", "jsonl"),
    *(
        ("convert", "--to", "jsonl", "--from", form)
        for form in (
            *("json", "jsonl", "yaml", "kubernetes", "manifest"),
            *("protojson", "protojsonl", "txtpb", "binpb", "delimited"),
        )
    ),
)
_MEMORY: Final = "/dev/shm" if Path("/dev/shm").is_dir() else None

TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    target.__name__: target
    for target in (quantity, from_bytes, from_proto, from_json, from_dict, from_kubernetes, files)
}


# ---- Python values from bytes


class Choices:
    """Build a Python value from bytes: each byte is a choice. After the last byte, every choice is the first.

    Few bytes choose, so that the fuzzer reaches every kind of value, and text stands as it is, so that it finds words.
    """

    TEXTS: Final = ("500m", "2", "1Gi", "0", "1.5", "8Ei", "1e3", "-1", "123Mb", "100m", "31.25Ki", "1e1000", "", " 1 ")

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def below(self, bound: int) -> int:
        byte = self._data[self._at] if self._at < len(self._data) else 0
        self._at += 1
        return byte % bound

    def bytes(self) -> bytes:
        length = self.below(80)
        start = self._at
        self._at += length
        return self._data[start : self._at]

    def text(self) -> str:
        index = self.below(2 * len(self.TEXTS))
        return self.TEXTS[index] if index < len(self.TEXTS) else self.bytes().decode("utf-8", "surrogateescape")

    def integer(self) -> int:
        return int.from_bytes(self.bytes()[:20], "little", signed=True)

    def scalar(self) -> Any:
        """Return a scalar of a JSON or YAML file."""
        return (
            self.text,
            self.integer,
            lambda: self.below(256),
            lambda: self.below(256) / 16,
            lambda: float(self.integer()),
            lambda: (None, True, False, float("nan"), float("inf"), -float("inf"), -0.0, 1e-320)[self.below(8)],
        )[self.below(6)]()

    def value(self, depth: int) -> Any:
        """Return any value."""
        kind = self.below(12)
        if kind < 6 or depth == 0:
            return self.scalar()
        return (
            lambda: [self.value(depth - 1) for _ in range(self.below(5))],
            lambda: tuple(self.value(depth - 1) for _ in range(self.below(5))),
            lambda: {self.text(): self.value(depth - 1) for _ in range(self.below(5))},
            self.bytes,
            lambda: (object(), Decimal(self.below(256)) / 7, Decimal("NaN"), Quantity("1Ki"), pb, str, {1}, 1j)[
                self.below(8)
            ],
            lambda: 10 ** (20 * self.below(256)),
        )[kind - 6]()

    def declared(self) -> Any:
        """Return a value for one parameter: usually an amount or a pair of them."""
        kind = self.below(8)
        if kind < 3:
            return self.scalar()
        if kind < 6:
            return [self.scalar(), self.scalar()]
        return self.value(2)

    def mapping(self, keys: tuple[str, ...], value: Callable[[], Any]) -> dict[Any, Any]:
        """Return a few of `keys`, and sometimes another key."""
        found: dict[Any, Any] = {}
        for _ in range(self.below(2 * len(keys) + 1)):
            index = self.below(len(keys) * 8 + 1)
            key: Any = keys[index % len(keys)] if index < len(keys) * 8 else self.scalar()
            found[key] = value()
        return found

    def entries(self) -> list[tuple[int, str]]:
        """Return one list of a message: names and values that protobuf accepts."""
        found = []
        for _ in range(self.below(20)):
            name = self.below(9)
            if name > 6:
                name = self.integer() % 2**32 - 2**31
            found.append((name, self.text().encode("utf-8", "replace").decode()))
        return found
