"""The ``resources:`` stanza of a Kubernetes container, written and read by the API server's rules.

The rules are in _stanza.py. Where this package is stricter on purpose is listed in docs/reference/kubernetes.md.
"""

from collections.abc import Mapping
from typing import Any, Final

from resources_py._amounts import GPU, Values
from resources_py._errors import ResourcesError, ResourcesTypeError, Violation, quoted, raise_all
from resources_py._quantity import Quantity
from resources_py._reasons import Reason
from resources_py._resource_names import is_extended_resource
from resources_py._stanza import SIDES, StanzaValidator, keys_of, text_of

Quantities = Mapping[str, Quantity]  # by the parameter's name

DEFAULT_GPU_RESOURCE: Final = GPU.kubernetes


def to_stanza(requests: Quantities, limits: Quantities, gpu_resource: str) -> dict[str, dict[str, str]]:
    """Write the stanza in canonical strings.

    Raises ResourcesError for what the API server would reject.
    """
    check_gpu_resource(gpu_resource)
    keys = keys_of(gpu_resource).items()
    sides = {
        side: {key: str(quantities[resource.parameter]) for key, resource in keys if resource.parameter in quantities}
        for side, quantities in zip(SIDES, (requests, limits), strict=True)
    }
    stanza = {side: entries for side, entries in sides.items() if entries}
    _raise_problems(stanza, gpu_resource)
    return stanza


def read_stanza(stanza: Any, gpu_resource: str) -> Values:
    """Read a stanza.

    Raises ResourcesError with everything that the API server would reject, and every key that would be lost.
    """
    check_gpu_resource(gpu_resource)
    _raise_problems(stanza, gpu_resource)
    requests, limits = (stanza.get(side, {}) for side in SIDES)
    return {
        resource: (text_of(requests.get(key)), text_of(limits.get(key)))
        for key, resource in keys_of(gpu_resource).items()
        if key in requests or key in limits
    }


def _raise_problems(stanza: object, gpu_resource: str) -> None:
    raise_all([problem.violation for problem in StanzaValidator(gpu_resource).validate(stanza)])


def check_gpu_resource(gpu_resource: object) -> None:
    """Reject a name that the API server would not accept for an extended resource."""
    if not isinstance(gpu_resource, str):
        described = f"{quoted(gpu_resource)} is not a string: write 'nvidia.com/gpu'"
        raise ResourcesTypeError([Violation("gpu_resource", Reason.WRONG_TYPE, described)])
    if not is_extended_resource(gpu_resource):
        described = f"{quoted(gpu_resource)} is not an extended resource: write a name such as 'nvidia.com/gpu'"
        raise ResourcesError([Violation("gpu_resource", Reason.UNSUPPORTED_NAME, described)])
