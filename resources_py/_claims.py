"""The claims of a stanza: which of the pod's devices a container uses."""

import re
from collections.abc import Collection, Iterator
from typing import Any, Final

from resources_py._amounts import Problem
from resources_py._errors import quoted
from resources_py._reasons import Reason

_LABEL: Final = re.compile(r"(?=.{1,63}\Z)[a-z0-9]([-a-z0-9]*[a-z0-9])?", re.ASCII)
_KEYS: Final = ("name", "request")

Found = tuple[Problem, tuple[Any, ...]]  # a problem, and its path within the claims


def find_claim_problems(claims: object, known: Collection[str] | None) -> Iterator[Found]:
    """Yield what is wrong in claims; `known` are the names in the pod's ``resourceClaims``, None if it is not known."""
    wrong = [*find_wrong_types(claims)]
    yield from wrong
    seen: set[str] = set()
    for index, claim in enumerate(claims) if isinstance(claims, list) else ():
        if not any(path[:1] == (index,) for _, path in wrong):
            yield from _find_wrong_names({} if claim is None else claim, index, seen, known)


def find_wrong_types(claims: object) -> Iterator[Found]:
    """Yield what cannot be decoded as claims."""
    if isinstance(claims, list):
        for index, claim in enumerate(claims):
            yield from _find_wrong_types(claim, index)
    elif claims is not None:
        yield Problem(Reason.WRONG_TYPE, f"{quoted(claims)} is not a list"), ()


def _find_wrong_types(claim: object, index: int) -> Iterator[Found]:
    if claim is None:
        return
    if not isinstance(claim, dict):
        yield Problem(Reason.WRONG_TYPE, f"{quoted(claim)} is not a mapping: write {{'name': …}}"), (index,)
        return
    for key, value in claim.items():
        if key not in _KEYS:
            yield Problem(Reason.UNKNOWN_KEY, f"unknown key {quoted(key)}: a claim has name and request"), (index, key)
        elif value is not None and not isinstance(value, str):
            yield Problem(Reason.WRONG_TYPE, f"{quoted(value)} is not a string: quote it"), (index, key)


def _find_wrong_names(
    claim: dict[str, Any], index: int, seen: set[str], known: Collection[str] | None
) -> Iterator[Found]:
    name, request = (claim.get(key) or "" for key in _KEYS)
    if not name:
        yield Problem(Reason.REQUIRED, "a claim needs a name: write one of the pod's resourceClaims"), (index,)
        return
    key = f"{name}/{request}" if request else name
    if name not in seen and request and not _LABEL.fullmatch(request):
        described = f"{quoted(request)} is not a name: write lower-case letters, digits and -"
        yield Problem(Reason.UNSUPPORTED_VALUE, described), (index, "request")
    # A claim without a request stands for all its requests.
    if name in seen or key in seen or (not request and any(each.startswith(f"{name}/") for each in seen)):
        yield Problem(Reason.DUPLICATE_NAME, f"claim {quoted(key)} is listed before: list it once"), (index,)
    seen.add(key)
    if known is not None and name not in known:
        described = f"the pod has no resource claim {quoted(name)}: add it to the pod's resourceClaims"
        yield Problem(Reason.UNKNOWN_CLAIM, described), (index,)
