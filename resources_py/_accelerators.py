"""The catalogue of accelerators: what Flyte's packages and clouds call them. scripts/accelerators.py makes its data."""

import json
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from resourceidl.v1 import extended_resources_pb2 as pb

Class = pb.GPUAccelerator.DeviceClass
Model = pb.AcceleratorModel
NVIDIA_GPU: Final = Class.NVIDIA_GPU
GOOGLE_TPU: Final = Class.GOOGLE_TPU


class Accelerator(NamedTuple):
    """An entry of the catalogue."""

    name: str
    device: str  # the value of the nodes' label
    device_class: int
    model: int
    partitions: tuple[str, ...]


class _Catalogue(NamedTuple):
    by_name: dict[str, Accelerator]
    by_device: dict[str, Accelerator]  # any package's device string
    by_model: dict[int, Accelerator]
    resources: dict[int, str]


@cache
def _catalogue() -> _Catalogue:
    read = json.loads((Path(__file__).parent / "accelerators.json").read_text("utf-8"))
    resources: dict[int, str] = {Class.Value(name): resource for name, resource in read["resources"].items()}
    made = _Catalogue({}, {}, {}, resources)
    for each in read["accelerators"]:
        entry = Accelerator(
            each["name"], each["device"], Class.Value(each["class"]), each["number"], tuple(each["partitions"])
        )
        for name in (each["name"], *each["aliases"]):
            made.by_name[name] = entry
        for device in (each["device"], *each["devices"].values()):
            made.by_device[device] = entry
        if entry.model:
            made.by_model[entry.model] = entry
    return made


def _normalized(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())


def find(name: str) -> Accelerator | None:
    """Find an accelerator by one of its names, or by the device string of any package.

    >>> find("A100_80G").device, find("nvidia-tesla-h100").name, find("a100")
    ('nvidia-a100-80gb', 'H100', None)
    """
    catalogue = _catalogue()
    return catalogue.by_name.get(name) or catalogue.by_device.get(name)


def resolve(name: str) -> str:
    """Return the device string of a name; anything else is a device string itself."""
    entry = _catalogue().by_name.get(name)
    return entry.device if entry else name


def find_similar(name: str) -> Accelerator | None:
    """Find an accelerator whose name differs in case and punctuation alone."""
    return _similar().get(_normalized(name))


@cache
def _similar() -> dict[str, Accelerator]:
    return {_normalized(name): entry for name, entry in _catalogue().by_name.items()}


def names() -> list[str]:
    """Return the name of each accelerator."""
    return [entry.name for entry in dict.fromkeys(_catalogue().by_name.values())]


def resource_of_class(device_class: int) -> str | None:
    """Return the Kubernetes resource that counts the devices of a class; None if there is none."""
    return _catalogue().resources.get(device_class)


def entry_of(message: pb.GPUAccelerator) -> Accelerator | None:
    """Return the entry of a message's device, or of its model."""
    return find(message.device) or _catalogue().by_model.get(message.accelerator_model)


def class_of(message: pb.GPUAccelerator) -> int:
    """Return the class of a message's accelerator, as the schema's comments determine it."""
    if message.device_class:
        return message.device_class
    entry = entry_of(message)
    return entry.device_class if entry else NVIDIA_GPU


def device_of(message: pb.GPUAccelerator) -> str:
    """Return the device string of a message, or that of its model; empty if there is neither."""
    if message.device:
        return resolve(message.device)  # flyte sends mere names for some
    entry = _catalogue().by_model.get(message.accelerator_model)
    return entry.device if entry else ""
