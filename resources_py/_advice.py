"""What to write instead of a value that a parameter rejects."""

import re
from collections.abc import Mapping
from itertools import islice
from typing import Final

from resources_py._errors import QuantityError, quoted, with_type
from resources_py._quantity import parse, suggest

_EXAMPLES: Final = {"cpu": "'500m'", "mem": "'1Gi'", "gpu": "1", "ephemeral_storage": "'10Gi'"}
_SHARE: Final = re.compile(r"\s*([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*(%|/\s*([1-9][0-9]{0,5}))\s*", re.ASCII)
# How flyte and SkyPilot write a device and its count.
_DEVICE_AND_COUNT: Final = re.compile(r"([A-Za-z][-\w. ]{0,31}):([1-9][0-9]{0,4})", re.ASCII)


def describe_unparsed(parameter: str, text: str) -> str | None:
    """Describe a text that is not a quantity, where the parameter has more to say than the quantity itself."""
    if (pair := _as_pair(text)) is not None:
        offers = suggest(text)
        number = f"did you mean {offers[0]}, or" if offers else "did you mean"
        return f'{quoted(text)} is not a quantity: {number} the pair ("{pair[0]}", "{pair[1]}")?'
    if parameter == "cpu" and (share := _SHARE.fullmatch(text)):
        number = f"{float(share[1]) / float(share[3] or 100):.9f}".rstrip("0").rstrip(".")
        return f"{quoted(text)} is not a quantity: write {number}"
    if parameter == "gpu" and (device := split_device(text)):
        return f"{quoted(text)} names a device: write gpu={device[1]}, and ExtendedResources({quoted(device[0])})"
    if parameter == "gpu" and not suggest(text):
        return f"{quoted(text)} is not a count: gpu takes a whole number of devices, such as 1"
    return None


def split_device(text: str) -> tuple[str, str] | None:
    """Split ``"A100:8"``, if it is a device and its count."""
    found = _DEVICE_AND_COUNT.fullmatch(text)
    return (found[1], found[2]) if found else None


def _as_pair(text: str) -> tuple[str, str] | None:
    """Split ``"2,4"``, if both halves are quantities."""
    request, comma, limit = (part.strip() for part in text.partition(","))
    try:
        return (request, limit) if comma and parse(request) and parse(limit) else None
    except QuantityError:
        return None


def describe_wrong_type(parameter: str, value: object) -> str:
    """Describe a value of a type that a parameter does not accept."""
    if isinstance(value, Mapping):
        named = {key: side for key, side in islice(value.items(), 2) if isinstance(key, str)}
        sides = [quoted(named.get(side, named.get(side + "s"))) for side in ("request", "limit")]
        return f"{with_type(value)}: write the pair ({', '.join(sides)})"
    if isinstance(value, bytes | bytearray):
        return f"{quoted(value)}: bytes are not accepted: write a string, such as {_EXAMPLES[parameter]}"
    accepted = "a string, an int, a float or a Decimal" if parameter == "cpu" else "a string or an int"
    return f"{with_type(value)}: write {accepted}, such as {_EXAMPLES[parameter]}"
