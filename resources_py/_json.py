"""JSON read strictly: no duplicate keys, no NaN, and one kind of error."""

import json
from typing import Any, Final, Never

from resources_py._errors import ResourcesError, ResourcesTypeError, Violation, quoted
from resources_py._reasons import Reason


def _reject_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                described = f"duplicate key {quoted(name)}: write it once"
                raise ResourcesError([Violation(quoted(name)[1:-1], Reason.UNDECODABLE, described)])
            seen.add(name)
    return found


def reject_constant(constant: str) -> Never:
    raise ResourcesError([Violation("", Reason.UNDECODABLE, f"{constant} is not a JSON number: write a quantity")])


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_reject_duplicates, parse_constant=reject_constant)


def decode_json(data: object) -> Any:
    """Decode a text, or bytes in UTF-8, UTF-16 or UTF-32.

    Raises ResourcesError.
    """
    if not isinstance(data, (str, bytes, bytearray)):
        described = f"{quoted(data)} is not JSON text: pass str or bytes"
        raise ResourcesTypeError([Violation("", Reason.WRONG_TYPE, described)])
    try:
        text = data if isinstance(data, str) else data.decode(json.detect_encoding(data))
        if not text or text.isspace():
            raise ResourcesError([Violation("", Reason.UNDECODABLE, "empty input: expected a JSON object")])
        return _DECODER.decode(text)
    except ResourcesError:
        raise
    except json.JSONDecodeError as error:
        found = f"line {error.lineno}, column {error.colno}: {error.msg}"
    except UnicodeDecodeError as error:
        found = f"byte {error.start}: {error.reason}"
    except RecursionError:
        found = "it is nested too deeply"
    except ValueError:  # more digits than Python converts
        found = "it holds a number of too many digits"
    raise ResourcesError([Violation("", Reason.UNDECODABLE, f"{quoted(data)} is not JSON: {found}")])
