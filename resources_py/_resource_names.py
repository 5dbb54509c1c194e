"""The names that Kubernetes has for resources, and amounts of those that have no parameter of their own."""

import re
from typing import Final

from resources_py._amounts import (
    CPU,
    GPU,
    MAX_KUBERNETES_COUNT,
    MEMORY,
    Amount,
    Problem,
    out_of_range,
    parse_amount,
)
from resources_py._errors import quoted
from resources_py._quantity import NANOS_PER_UNIT
from resources_py._reasons import Reason

HUGE_PAGES: Final = "hugepages-"
# A qualified name, with or without a domain (apimachinery's validation.IsQualifiedName).
_LABEL: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
QUALIFIED_NAME: Final = re.compile(
    rf"((?=[^/]{{1,253}}/){_LABEL}(\.{_LABEL})*/)?(?=.{{1,63}}\Z)[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?", re.ASCII
)


def is_extended_resource(name: object) -> bool:
    """Return whether a name has a domain that is not Kubernetes' own (pkg/apis/core/v1/helper)."""
    if not isinstance(name, str) or "/" not in name or "kubernetes.io/" in name or name.startswith("requests."):
        return False
    # a quota counts it by "requests." + name, which must be a name too
    return all(QUALIFIED_NAME.fullmatch(each) for each in (name, f"requests.{name}"))


def page_size(name: str) -> int | None:
    """Return the bytes of a huge page; None if its name is not one."""
    amount = parse_amount(MEMORY, name.removeprefix(HUGE_PAGES))
    if isinstance(amount, Problem) or amount[0] == 0 or amount[0] % NANOS_PER_UNIT:
        return None
    return amount[0] // NANOS_PER_UNIT


def parse_named(name: str, text: str) -> Amount | Problem:
    """Parse an amount of a resource other than the four."""
    amount = parse_amount(CPU, text)  # what holds for cpu holds for all
    if isinstance(amount, Problem):
        return amount
    whole = -(-amount[0] // NANOS_PER_UNIT)
    if is_extended_resource(name):
        if whole > MAX_KUBERNETES_COUNT:
            return out_of_range(GPU, text, max_value=MAX_KUBERNETES_COUNT)
        if amount[0] % NANOS_PER_UNIT:
            described = f"{quoted(text)} is not a whole number of {quoted(name)[1:-1]}: write {whole}"
            return Problem(Reason.NOT_WHOLE, described)
    elif is_huge_pages(name) and amount[0] % ((page_size(name) or 1) * NANOS_PER_UNIT):
        described = f"{quoted(text)} is not a whole number of pages of {name.removeprefix(HUGE_PAGES)}"
        return Problem(Reason.NOT_WHOLE, described)
    return amount


def is_huge_pages(name: str) -> bool:
    return name.startswith(HUGE_PAGES)


def is_named_resource(name: str) -> bool:
    """Return whether a container can have a resource of this name, beside cpu, memory and ephemeral-storage."""
    if is_huge_pages(name):
        return page_size(name) is not None and QUALIFIED_NAME.fullmatch(name) is not None
    is_kubernetes_own = "/" in name and "kubernetes.io/" in name and QUALIFIED_NAME.fullmatch(name) is not None
    return is_kubernetes_own or is_extended_resource(name)
