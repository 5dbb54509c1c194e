"""The JSON Schemas of what `from_dict` accepts: of ExtendedResources, SharedMemory and ContainerResources."""

import copy
from typing import Any, Final

from resources_py import _json_schema
from resources_py._accelerators import Class, Model
from resources_py._amounts import MAX_QUANTITY_BYTES, MAX_VALUE
from resources_py._container_rules import MAX_ENTRIES, MAX_TEXT_BYTES
from resources_py._shared_memory import MOUNT_NAME, MOUNT_PATH

_NULL: Final = {"type": "null"}
_TEXT: Final = {"type": "string", "maxLength": MAX_TEXT_BYTES}
_AMOUNT: Final = [
    {"type": "string", "pattern": _json_schema.QUANTITY, "minLength": 1, "maxLength": MAX_QUANTITY_BYTES},
    {"type": "integer", "minimum": 0, "maximum": MAX_VALUE},
]
_NUMBER: Final = {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1}


def _object(title: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "title": title, "properties": properties, "additionalProperties": False}


def _any_of(description: str, *choices: dict[str, Any], default: object = None) -> dict[str, Any]:
    return {"anyOf": list(choices), "default": default, "description": description}


_SHARED_MEMORY: Final = _object(
    "SharedMemory",
    {
        "size_limit": _any_of("The most bytes; as much as the container's memory if null.", *_AMOUNT, _NULL),
        "mount_path": {**_TEXT, "default": MOUNT_PATH, "description": "Where it is mounted."},
        "mount_name": {**_TEXT, "default": MOUNT_NAME, "description": "The name of the volume."},
    },
)
_EXTENDED: Final = _object(
    "ExtendedResources",
    {
        "accelerator": _any_of("A name of the catalogue, or a device string.", _TEXT, _NULL),
        "partition": _any_of(
            "A partition or a topology; false if the device must not be partitioned.", _TEXT, {"const": False}, _NULL
        ),
        "device_class": _any_of("What kind of device it is.", {"enum": Class.keys()}, _NUMBER, _NULL),
        "accelerator_model": _any_of("The model of the device.", {"enum": Model.keys()}, _NUMBER, _NULL),
        "shared_memory": _any_of(
            "True for as much as the container's memory; a size; or an object.",
            {"type": "boolean"},
            *_AMOUNT,
            _SHARED_MEMORY,
            _NULL,
        ),
    },
)
_PAIR: Final = {"type": "array", "items": {"anyOf": [*_AMOUNT, _NULL]}, "minItems": 2, "maxItems": 2}
_CONTAINER: Final = _object(
    "ContainerResources",
    {
        "resources": _any_of("Amounts.", _json_schema.SCHEMA, _NULL),
        "extended": _any_of("The accelerator, and shared memory.", _EXTENDED, _NULL),
        "named": _any_of(
            "Other resources by their names in Kubernetes: one value, or request and limit.",
            {"type": "object", "additionalProperties": {"anyOf": [*_AMOUNT, _PAIR]}},
            _NULL,
        ),
        "claims": _any_of(
            "Claims of the Pod: names, or pairs of a name and a request.",
            {
                "type": "array",
                "maxItems": MAX_ENTRIES,
                "items": {
                    "anyOf": [
                        {"type": "string"},
                        {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2},
                        _object("Claim", {"name": {"type": "string"}, "request": {"type": "string"}}),
                    ]
                },
            },
            _NULL,
        ),
    },
)


def schema_of(kind: str, title: str) -> dict[str, Any]:
    """Return the schema of a class, with the title of its subclass."""
    schemas = {"ContainerResources": _CONTAINER, "ExtendedResources": _EXTENDED, "SharedMemory": _SHARED_MEMORY}
    return {**copy.deepcopy(schemas[kind]), "title": title}
