"""The names that Kubernetes has for resources, and where each may stand (pkg/apis/core/helper)."""

import re
from typing import Final

from resources_py._amounts import MEMORY, Problem, parse_amount
from resources_py._quantity import NANOS_PER_UNIT

HUGE_PAGES: Final = "hugepages-"
# A qualified name, with or without a domain (apimachinery's validation.IsQualifiedName).
_LABEL: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED_NAME: Final = re.compile(
    rf"((?=[^/]{{1,253}}/){_LABEL}(\.{_LABEL})*/)?(?=.{{1,63}}\Z)[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?", re.ASCII
)
_COMPUTE: Final = frozenset(("cpu", "memory", "ephemeral-storage"))
_SERVICES: Final = frozenset(("services", "services.nodeports", "services.loadbalancers"))
_COUNTS: Final = _SERVICES | frozenset(
    ("pods", "secrets", "configmaps", "persistentvolumeclaims", "replicationcontrollers", "resourcequotas")
)
_QUOTA: Final = (
    _COMPUTE
    | _COUNTS
    | {f"{side}.{name}" for side in ("requests", "limits") for name in _COMPUTE}
    | {"requests.storage"}
)


def is_qualified_name(name: str) -> bool:
    """Return whether a name is one that Kubernetes accepts for a resource, a label or an annotation."""
    return _QUALIFIED_NAME.fullmatch(name) is not None


def is_native(name: str) -> bool:
    """Return whether a resource is Kubernetes' own: its name has no domain, or one under kubernetes.io."""
    return "/" not in name or "kubernetes.io/" in name


def is_extended_resource(name: object) -> bool:
    """Return whether a name has a domain that is not Kubernetes' own."""
    if not isinstance(name, str) or is_native(name) or name.startswith("requests."):
        return False
    # a quota counts it by "requests." + name, which must be a name too
    return is_qualified_name(name) and is_qualified_name(f"requests.{name}")


def is_overcommitted(name: str) -> bool:
    """Return whether a request may be below its limit."""
    return is_native(name) and not name.startswith(HUGE_PAGES)


def is_counted(name: str) -> bool:
    """Return whether amounts of a resource are whole."""
    return name in _COUNTS or is_extended_resource(name)


def is_container_resource(name: str) -> bool:
    """Return whether a container may have a resource of this name."""
    if "/" in name:
        return is_extended_resource(name) or (is_native(name) and is_qualified_name(name))
    return name in _COMPUTE or (name.startswith(HUGE_PAGES) and is_qualified_name(name))


def is_pod_resource(name: str) -> bool:
    """Return whether a pod may have a resource of this name of its own."""
    return name in ("cpu", "memory") or (name.startswith(HUGE_PAGES) and is_qualified_name(name))


def is_quota_resource(name: str) -> bool:
    """Return whether a quota may limit a resource of this name."""
    if "/" in name or name.removeprefix("requests.").startswith(HUGE_PAGES):
        return is_qualified_name(name)
    return name in _QUOTA


def is_resource(name: str) -> bool:
    """Return whether anything may have a resource of this name."""
    return name == "storage" or is_quota_resource(name)


def page_size(name: str) -> int | None:
    """Return the bytes of a huge page; None if its name is not one."""
    amount = parse_amount(MEMORY, name.removeprefix(HUGE_PAGES))
    if isinstance(amount, Problem) or amount[0] == 0 or amount[0] % NANOS_PER_UNIT:
        return None
    return amount[0] // NANOS_PER_UNIT
