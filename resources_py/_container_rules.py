"""The rules for ExtendedResources and ContainerResources. The comments of the two schemas are their specification.

They judge messages. The constructors build one first, and translate the fields of violations to their parameters.
"""

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from resourceidl.v1 import container_resources_pb2 as container_pb
from resourceidl.v1 import extended_resources_pb2 as pb
from resources_py import _accelerators
from resources_py._amounts import (
    MEMORY,
    RESOURCES,
    Amount,
    Problem,
    check_gpu_limit,
    check_within_limit,
    parse_amount,
)
from resources_py._errors import Violation, quoted
from resources_py._reasons import Reason
from resources_py._resource_names import HUGE_PAGES, is_container_resource, is_overcommitted, page_size
from resources_py._stanza import parse_named

MAX_TEXT_BYTES: Final = 253
MAX_ENTRIES: Final = 16
_LABEL_VALUE: Final = re.compile(r"(?=.{1,63}\Z)[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?", re.ASCII)
_DNS_LABEL: Final = re.compile(r"(?=.{1,63}\Z)[a-z0-9]([-a-z0-9]*[a-z0-9])?", re.ASCII)
_OWN_PLACES: Final = {resource.kubernetes: resource.parameter for resource in RESOURCES if resource.parameter != "gpu"}


# ---- texts


def _check_length(reason: str, text: str) -> Problem | None:
    if len(text.encode()) <= MAX_TEXT_BYTES:
        return None
    return Problem(reason, f"{quoted(text)} is longer than {MAX_TEXT_BYTES} bytes")


def _check_label_value(text: str) -> Problem | None:
    if not text or _LABEL_VALUE.fullmatch(text):
        return None
    described = f"{quoted(text)} is not the value of a node's label: write up to 63 of a-z, 0-9, -, _ and ."
    return Problem(Reason.INVALID_NAME, described)


def _check_dns_label(text: str) -> Problem | None:
    if _DNS_LABEL.fullmatch(text):
        return None
    return Problem(Reason.INVALID_NAME, f"{quoted(text)} is not a name: write up to 63 of a-z, 0-9 and -")


def _check_path(text: str) -> Problem | None:
    if text.startswith("/") and ":" not in text:
        return None
    return Problem(Reason.INVALID_PATH, f"{quoted(text)} is not a mount path: write one such as '/dev/shm'")


# ---- ExtendedResources


def check_extended(message: pb.ExtendedResources, *, for_kubernetes: bool) -> list[Violation]:
    """Return the violations of a message, in the order of the specification."""
    violations: list[Violation] = []

    def check(field: str, length: Problem | None, rule: Problem | None = None) -> None:
        problem = length or (rule if for_kubernetes else None)
        if problem is not None:
            violations.append(problem.at(field))

    if message.HasField("gpu_accelerator"):
        accelerator = message.gpu_accelerator
        for name in ("device", "partition_size"):
            text = getattr(accelerator, name)
            check(f"gpu_accelerator.{name}", _check_length(Reason.INVALID_NAME, text), _check_label_value(text))
        check("gpu_accelerator.device_class", None, _check_class(accelerator))
        check("gpu_accelerator.accelerator_model", None, _check_model(accelerator))
    if message.HasField("shared_memory"):
        path, name, size = (getattr(message.shared_memory, each) for each in ("mount_path", "mount_name", "size_limit"))
        check("shared_memory.mount_path", _check_length(Reason.INVALID_PATH, path), _check_path(path))
        check("shared_memory.mount_name", _check_length(Reason.INVALID_NAME, name), _check_dns_label(name))
        amount = parse_amount(MEMORY, size) if size else None
        check("shared_memory.size_limit", amount if isinstance(amount, Problem) else None)
    return violations


def _check_class(accelerator: pb.GPUAccelerator) -> Problem | None:
    number = _accelerators.class_of(accelerator)
    if _accelerators.resource_of_class(number):
        return None
    known = _accelerators.Class.DESCRIPTOR.values_by_number.get(number)
    described = f"Kubernetes has no resource for devices of {known.name if known else f'class {number}'}"
    return Problem(Reason.UNSUPPORTED_NAME, described)


def _check_model(accelerator: pb.GPUAccelerator) -> Problem | None:
    if not accelerator.accelerator_model or _accelerators.device_of(accelerator):
        return None
    described = f"model {accelerator.accelerator_model} is not in the catalogue: set the device"
    return Problem(Reason.UNSUPPORTED_NAME, described)


# ---- ContainerResources


class Named(NamedTuple):
    """The first valid entry of a name in each list, and its amount."""

    requests: dict[str, Amount]
    limits: dict[str, Amount]


class _Side(NamedTuple):
    first: dict[str, tuple[int, Amount | None]]  # the amount is None if the entry has a violation
    skipped: bool


def check_named(message: container_pb.ContainerResources, violations: list[Violation]) -> Named:
    """Check the named quantities; append to `violations`."""
    accelerator = message.extended_resources.gpu_accelerator
    own = _accelerators.resource_of_class(_accelerators.class_of(accelerator))
    requests = _check_side("named_requests", message.named_requests, own, violations)
    limits = _check_side("named_limits", message.named_limits, own, violations)
    for name, (index, request) in requests.first.items():
        if request is None:
            continue
        problem = _compare(name, request, limits)
        if problem is not None:
            violations.append(problem.at(f"named_requests[{index}].value"))
    return Named(
        *(
            {name: amount for name, (_, amount) in side.first.items() if amount is not None}
            for side in (requests, limits)
        )
    )


def _compare(name: str, request: Amount, limits: _Side) -> Problem | None:
    _, limit = limits.first.get(name, (0, None))
    if limit is None and (limits.skipped or name in limits.first):
        return None  # there is something else to fix first
    problem = check_within_limit(request, limit) if limit is not None else None
    if problem is None and not is_overcommitted(name):
        return check_gpu_limit(request, limit, name=quoted(name)[1:-1])
    return problem


def _check_side(
    field: str, entries: Sequence[container_pb.NamedQuantity], own: str | None, violations: list[Violation]
) -> _Side:
    first: dict[str, tuple[int, Amount | None]] = {}
    if len(entries) > MAX_ENTRIES:
        violations.append(_too_many(field, len(entries)))
        return _Side(first, True)
    for index, entry in enumerate(entries):
        name = entry.name
        if (problem := _check_name(name, own)) is not None:
            violations.append(problem.at(f"{field}[{index}].name"))
        elif name in first:
            described = f"{quoted(name)} is already at index {first[name][0]}: send it once"
            violations.append(Violation(f"{field}[{index}].name", Reason.DUPLICATE_NAME, described))
        else:
            amount = parse_named(name, entry.value)
            if isinstance(amount, Problem):
                violations.append(amount.at(f"{field}[{index}].value"))
            first[name] = index, None if isinstance(amount, Problem) else amount
    return _Side(first, False)


def _too_many(field: str, count: int) -> Violation:
    return Violation(field, Reason.TOO_MANY_ENTRIES, f"{count} entries: send at most {MAX_ENTRIES}")


def _check_name(name: str, own: str | None) -> Problem | None:
    place = "gpu" if name == own else _OWN_PLACES.get(name)
    if place is not None:
        return Problem(Reason.DUPLICATE_NAME, f"{quoted(name)} has its own place: write it as {place} of Resources")
    if is_container_resource(name) and not (name.startswith(HUGE_PAGES) and page_size(name) is None):
        return None
    described = f"{quoted(name)} is not the name of a resource: write hugepages-<size> or <domain>/<name>"
    return Problem(Reason.UNSUPPORTED_NAME, described)


def check_claims(claims: Sequence[container_pb.ResourceClaim], violations: list[Violation]) -> None:
    """Check the claims; append to `violations`."""
    if len(claims) > MAX_ENTRIES:
        violations.append(_too_many("claims", len(claims)))
        return
    seen: dict[str, set[str]] = {}
    for index, claim in enumerate(claims):
        requests = seen.setdefault(claim.name, set())
        if (problem := _check_dns_label(claim.name)) is not None:
            violations.append(problem.at(f"claims[{index}].name"))
        elif claim.request and (problem := _check_dns_label(claim.request)) is not None:
            violations.append(problem.at(f"claims[{index}].request"))
        elif requests and (not claim.request or "" in requests or claim.request in requests):
            described = f"claim {quoted(claim.name)} is used above: send it once, or with other requests"
            violations.append(Violation(f"claims[{index}].name", Reason.DUPLICATE_NAME, described))
        else:
            requests.add(claim.request)


def check_together(message: container_pb.ContainerResources, named: Named | None = None) -> list[Violation]:
    """Return what only Kubernetes asks of several parts. Without the amounts, the message is valid otherwise."""
    named = check_named(message, []) if named is None else named
    sides = (message.resources.requests, message.resources.limits)
    if any(len(side) > MAX_ENTRIES for side in sides):
        return []
    violations: list[Violation] = []
    if message.extended_resources.HasField("gpu_accelerator") and not any(map(_has_count, sides)):
        violations.append(COUNT_REQUIRED.at("extended_resources.gpu_accelerator"))
    if not {entry.name for side in sides for entry in side} & _CPU_AND_MEMORY:
        for field, amounts in (("named_limits", named.limits), ("named_requests", named.requests)):
            pages = [entry.name for entry in getattr(message, field)]
            found = next((i for i, name in enumerate(pages) if name in amounts and name.startswith(HUGE_PAGES)), None)
            if found is not None:
                described = "huge pages need cpu or memory beside them: write one of the two"
                violations.append(Violation(f"{field}[{found}].name", Reason.CPU_OR_MEMORY_REQUIRED, described))
                break
    return violations


COUNT_REQUIRED: Final = Problem(Reason.COUNT_REQUIRED, "an accelerator needs a count: write gpu=1 in Resources")
_CPU_AND_MEMORY: Final = {1, 3}
_GPU: Final = 2


def _has_count(entries: Sequence[Any]) -> bool:
    """Return whether the first GPU entry of a list is not a valid zero."""
    value = next((entry.value for entry in entries if entry.name == _GPU), None)
    amount = None if value is None else parse_amount(RESOURCES[2], value)
    return amount is not None and (isinstance(amount, Problem) or amount[0] != 0)
