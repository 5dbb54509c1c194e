"""Totals as Kubernetes counts them: of a Pod, and of all the Pods that objects ask for."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from resources_py._pod import PodResources, pod_resources
from resources_py._quantity._type import Quantity
from resources_py._totals import Total, Totals

if TYPE_CHECKING:
    from resources_py._placement import EKS, GKE, KubernetesParts, NodeLabels

__all__ = [
    "PodResources",
    "Total",
    "Totals",
    "fits",
    "pod_resources",
    "NodeLabels",
    "EKS",
    "GKE",
    "KubernetesParts",
]

_LAZY: Final = ("NodeLabels", "EKS", "GKE", "KubernetesParts")  # totals need none of it


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from resources_py import _placement

    value = getattr(_placement, name)
    if isinstance(value, type):
        value.__module__ = __name__
    globals()[name] = value
    return value


def fits(requests: Mapping[str, Any], allocatable: Mapping[str, Any]) -> dict[str, Quantity]:
    """Return what is missing for `requests` to fit: nothing, if they do.

    Args:
        requests: Amounts by the name of the resource, such as ``pod_resources(spec).requests``.
        allocatable: What there is, such as a node's ``status.allocatable``. A resource that is not named counts as 0.

    Returns:
        By how much each resource falls short.

    Raises:
        QuantityError: A value is not a quantity.

    Example:
        >>> fits({"cpu": "3", "memory": "1Gi"}, {"cpu": "2500m", "memory": "4Gi"})
        {'cpu': Quantity('500m')}
    """
    zero = Quantity(0)
    missing = {name: Quantity(value) - Quantity(allocatable.get(name, zero)) for name, value in requests.items()}
    return {name: quantity for name, quantity in missing.items() if quantity > zero}


for _public in (PodResources, Total, Totals, pod_resources):
    _public.__module__ = __name__  # as people import it, wherever it is defined
del _public
