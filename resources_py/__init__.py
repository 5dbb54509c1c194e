"""Container resources from Python to Go and back, without losing a milli.

>>> from resources_py import Resources
>>> Resources(cpu=("500m", 2), mem="1Gi", gpu=1).to_kubernetes()["limits"]
{'cpu': '2', 'memory': '1Gi', 'nvidia.com/gpu': '1'}
"""

import typing

from resources_py import _interrupts  # noqa: F401 - first, because the others take longer
from resources_py._errors import QuantityError, ResourcesError, ResourcesTypeError, ResourcesWarning, Violation
from resources_py._reasons import Reason

if typing.TYPE_CHECKING:
    from resources_py._container import ContainerResources
    from resources_py._devices import parse_accelerator
    from resources_py._extended import ExtendedResources
    from resources_py._parameters import CpuValue, ResourceValue
    from resources_py._proto_path import proto_path
    from resources_py._quantity._type import Quantity
    from resources_py._resources import Resources
    from resources_py._shared_memory import SharedMemory

__all__ = [
    "Resources",
    "Quantity",
    "ResourcesError",
    "ResourcesTypeError",
    "QuantityError",
    "Violation",
    "Reason",
    "ResourcesWarning",
    "CpuValue",
    "ResourceValue",
    "proto_path",
    "ContainerResources",
    "ExtendedResources",
    "SharedMemory",
    "parse_accelerator",
]

# Imported when they are first used. `check` needs neither protobuf nor mashumaro, which take longer to import than
# everything else that it does; and programs that declare amounts alone need no accelerators.
_LAZY = {
    "Resources": "_resources",
    "Quantity": "_quantity._type",
    "CpuValue": "_parameters",
    "ResourceValue": "_parameters",
    "ContainerResources": "_container",
    "ExtendedResources": "_extended",
    "SharedMemory": "_shared_memory",
    "parse_accelerator": "_devices",
    "proto_path": "_proto_path",
}


def __getattr__(name: str) -> typing.Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    globals()[name] = value = getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})


for _public in (ResourcesError, ResourcesTypeError, QuantityError, Violation, Reason, ResourcesWarning):
    # Tracebacks and pickles show the name that people import, wherever the class is defined.
    _public.__module__ = __name__
del _public
