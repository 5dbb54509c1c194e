"""JSON read strictly: no key twice, no NaN, and one kind of error."""

from __future__ import annotations

import json
from typing import Any, Final, Never

from resources_py._errors import ResourcesError, ResourcesTypeError, Violation, quoted


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                described = f"key {quoted(name)} is given twice: write it once"
                raise ResourcesError([Violation(quoted(name)[1:-1], "UNDECODABLE", described)])
            seen.add(name)
    return found


def _no_number(constant: str) -> Never:
    raise ResourcesError([Violation("", "UNDECODABLE", f"{constant} is no JSON number: write a quantity")])


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number)


def decode_json(data: object) -> Any:
    if not isinstance(data, (str, bytes, bytearray)):
        raise ResourcesTypeError([Violation("", "WRONG_TYPE", f"{quoted(data)} is no JSON text: give str or bytes")])
    try:
        if not isinstance(data, str):
            data = data.decode(json.detect_encoding(data))
        return _DECODER.decode(data)
    except ResourcesError:
        raise
    except json.JSONDecodeError as error:
        found = f"line {error.lineno}, column {error.colno}: {error.msg}"
    except UnicodeDecodeError as error:
        found = f"byte {error.start}: {error.reason}"
    except RecursionError:
        found = "it is nested too deeply"
    except ValueError:  # more digits than Python reads
        found = "it holds a number of too many digits"
    raise ResourcesError([Violation("", "UNDECODABLE", f"{quoted(data)} is no JSON: {found}")])
