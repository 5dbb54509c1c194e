"""The JSON Schema of what `Resources.from_dict` accepts: one, for mashumaro, pydantic and the command line.

It accepts all that is valid. It cannot express everything that is not: that a request is at most its limit, that a
count of GPUs written as text is whole, and that the amount of a text is at most 2^63-1. (A validator that reads `$` as
Python's `re` does, and not as JSON Schema does, also accepts a line break at the end.)
"""

from typing import Any, Final

from resources_py._amounts import CPU, MAX_QUANTITY_BYTES, MAX_VALUE, RESOURCES, Resource

# The grammar of resources.proto, with what an amount must be besides: not negative (minus zero is allowed), with an
# exponent of at most three digits. No look-around: validators in Go and Rust lack it.
_SUFFIX: Final = "([numkMGTPE]|[KMGTPE]i|[eE][+-]?0*[0-9]{1,3})?"
_DIGITS: Final = "([0-9]+[.]?[0-9]*|[.][0-9]+)"
_ZEROS: Final = "(0+[.]?0*|[.]0+)"
# Without a digit it parses as 0, except before Pi, Ei or an exponent below -9.
_NO_DIGITS: Final = "([numkMGTPE]|[KMGT]i|[eE]([+]?0*[0-9]{1,3}|-0*[0-9]))"
QUANTITY: Final = f"^([+]?{_DIGITS}{_SUFFIX}|-{_ZEROS}{_SUFFIX}|[+-]?[.]?{_NO_DIGITS}|[+-][.]?|[.])$"


def _property(resource: Resource) -> dict[str, Any]:
    number = "number" if resource is CPU else "integer"
    text = {"type": "string", "pattern": QUANTITY, "minLength": 1, "maxLength": MAX_QUANTITY_BYTES}
    amount = [text, {"type": number, "minimum": 0, "maximum": MAX_VALUE}]
    null = {"type": "null"}
    pair = {
        "type": "array",
        "items": {"anyOf": [*amount, null]},
        "contains": {"anyOf": amount},  # one of the two must be set
        "minItems": 2,
        "maxItems": 2,
        "description": "Request and limit; null for the one that is not set.",
    }
    described = {"description": resource.description, "examples": list(resource.examples)}
    return {"anyOf": [*amount, pair, null], "default": None, **described}


PROPERTIES: Final = {resource.parameter: _property(resource) for resource in RESOURCES}
SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "title": "Resources",
    "properties": PROPERTIES,
    "additionalProperties": False,
}
