"""From the parameters of a ContainerResources to the entries of its message."""

from collections.abc import Mapping
from typing import NoReturn, TypeAlias, TypeVar, cast

from resourceidl.v1 import container_resources_pb2 as pb
from resources_py._errors import ResourcesError, Violation, field_path, quoted, with_type
from resources_py._extended import ExtendedResources
from resources_py._quantity import as_index
from resources_py._quantity._type import Quantity
from resources_py._reasons import Reason
from resources_py._resources import Resources
from resources_py._stanza import text_of
from resources_py._texts import read_text

_T = TypeVar("_T", Resources, ExtendedResources)

NamedScalar: TypeAlias = str | int
NamedValue: TypeAlias = NamedScalar | tuple[NamedScalar | None, NamedScalar | None]
Claim: TypeAlias = str | tuple[str, str]


class ReadOnlyDict(dict[str, NamedValue]):
    """A dict that cannot be changed. It is copied and pickled like any dict."""

    def _reject(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("a ContainerResources is immutable: use dataclasses.replace(container, named=…)")

    __setitem__ = __delitem__ = update = setdefault = pop = popitem = clear = __ior__ = _reject  # pyright: ignore[reportAssignmentType]

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (dict(self),)


def read_value(kind: type[_T], field: str, value: object, violations: list[Violation]) -> _T:
    """Return a value of one of our classes, which may be given as a dict."""
    if value is None:
        return kind()
    if isinstance(value, kind):
        return value
    if isinstance(value, Mapping):
        try:
            read: _T = kind.from_dict(dict(value))
            return read
        except ResourcesError as error:
            violations += [v._replace(field=f"{field}.{v.field}" if v.field else field) for v in error.violations]
    else:
        described = f"{with_type(value)}: write a dict, or {kind.__name__}(…)"
        if kind is ExtendedResources and isinstance(value, str):
            described = f"{quoted(value)} is not an ExtendedResources: write ExtendedResources({quoted(value)})"
        violations.append(Violation(field, Reason.WRONG_TYPE, described))
    return kind()


def read_named(
    given: object, message: pb.ContainerResources, violations: list[Violation]
) -> tuple[ReadOnlyDict, dict[str, str]]:
    """Add the entries to the message; return what to keep, and the parameter's field of each field of the message."""
    kept: dict[str, NamedValue] = {}
    fields = {"named_requests": "named", "named_limits": "named"}
    if given is not None and not isinstance(given, Mapping):
        described = f"{quoted(given)} is not a mapping: write {{'hugepages-2Mi': '4Mi'}}"
        violations.append(Violation("named", Reason.WRONG_TYPE, described))
        given = None
    for key, value in (given or {}).items():
        before = len(violations)
        place = field_path("named", key)
        name = read_text(place, key, "hugepages-2Mi", violations)
        scalars = _read_pair(place, value, violations)
        if len(violations) > before:
            continue
        kept[name] = (scalars[0], scalars[1]) if len(scalars) == 2 else cast("NamedScalar", scalars[0])
        sides = (("named_requests", scalars[0], "[0]"), ("named_limits", scalars[-1], "[1]"))
        for side, scalar, index in sides:
            if scalar is not None:
                entries = getattr(message, side)
                fields[f"{side}[{len(entries)}].name"] = place
                fields[f"{side}[{len(entries)}].value"] = place if len(scalars) == 1 else place + index
                entries.add(name=name, value=text_of(scalar) if isinstance(scalar, int) else scalar)
    return ReadOnlyDict(kept), fields


def _read_pair(place: str, value: object, violations: list[Violation]) -> list[NamedScalar | None]:
    """Return one value, or request and limit."""
    if not isinstance(value, (tuple, list)):
        scalar = _read_scalar(place, value, violations)
        if value is None:
            violations.append(Violation(place, Reason.WRONG_LENGTH, "None sets nothing: leave it out"))
        return [scalar]
    if len(value) != 2 or (value[0] is None and value[1] is None):
        described = f"expected one value or two, not {len(value)}" if len(value) != 2 else "(None, None) sets nothing"
        violations.append(Violation(place, Reason.WRONG_LENGTH, described))
        return [None]
    return [_read_scalar(f"{place}[{index}]", each, violations) for index, each in enumerate(value)]


def _read_scalar(place: str, value: object, violations: list[Violation]) -> NamedScalar | None:
    if value is None:
        return None
    if isinstance(value, Quantity):
        return str(value)
    number = as_index(value)
    if number is not None:
        return number
    if isinstance(value, str):
        return read_text(place, value, "1", violations)
    described = f"{with_type(value)}: write a string or an int, such as 1"
    violations.append(Violation(place, Reason.WRONG_TYPE, described))
    return None


def read_claims(given: object, message: pb.ContainerResources, violations: list[Violation]) -> tuple[Claim, ...]:
    """Add the claims to the message; return what to keep."""
    if given is None:
        return ()
    if not isinstance(given, (list, tuple)):
        described = f"{quoted(given)} is not a list: write ['gpu'], or [('gpu', 'request')]"
        violations.append(Violation("claims", Reason.WRONG_TYPE, described))
        return ()
    kept: list[Claim] = []
    for index, claim in enumerate(given):
        before = len(violations)
        texts = [read_text(f"claims[{index}]", part, "gpu", violations) for part in _parts_of_claim(claim)]
        if len(violations) > before:  # it keeps its place, and no other claim is taken for its duplicate
            texts = ["", ""]
        message.claims.add(name=texts[0], request=texts[1])
        kept.append((texts[0], texts[1]) if texts[1] else texts[0])
    return tuple(kept)


def _parts_of_claim(claim: object) -> tuple[object, object]:
    """Return name and request of a name, of a pair, or of what Kubernetes writes."""
    if isinstance(claim, (list, tuple)) and len(claim) == 2:
        return claim[0], claim[1]
    if isinstance(claim, Mapping) and set(claim) <= {"name", "request"}:
        request = claim.get("request")
        return claim.get("name"), "" if request is None else request
    return claim, ""
