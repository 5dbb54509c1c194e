"""Make the catalogue of accelerators from the packages that Flyte publishes.

    python scripts/accelerators.py read flytekit flyteidl2   # to conformance/sources/accelerators/
    python scripts/accelerators.py                           # the catalogue, from what was read
    python scripts/accelerators.py --check [read PACKAGE…]   # exit with 1 if a file on disk differs, write nothing

The packages cannot share an environment: flyte wants an older flyteidl2. The environments of `make test-ecosystem` have
them: ecosystem-flyte has flytekit and flyteidl2, ecosystem-flyte2 has flyte.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "conformance" / "sources" / "accelerators"
CATALOGUES = (ROOT / "resources_py" / "accelerators.json", ROOT / "resources_go" / "accelerators.json")

# What Kubernetes' device plugins call the devices of a class: no package of Flyte's has it as data.
RESOURCES = {
    "NVIDIA_GPU": "nvidia.com/gpu",
    "GOOGLE_TPU": "google.com/tpu",
    "AMAZON_NEURON": "aws.amazon.com/neuron",
    "AMD_GPU": "amd.com/gpu",
    "HABANA_GAUDI": "habana.ai/gaudi",
}
# flyte's names of the classes, where they differ.
CLASSES = {"GPU": "NVIDIA_GPU", "TPU": "GOOGLE_TPU", "NEURON": "AMAZON_NEURON"}
# The prefix of each class in the names of flyteidl2's models.
PREFIXES = {
    "NVIDIA_": "NVIDIA_GPU",
    "GOOGLE_TPU_": "GOOGLE_TPU",
    "AMAZON_": "AMAZON_NEURON",
    "AMD_": "AMD_GPU",
    "HABANA_": "HABANA_GAUDI",
    "APPLE_SILICON_GPU": "APPLE_SILICON",
}

Entry = dict[str, Any]


# ---- reading the packages


def of_flytekit() -> dict[str, Entry]:
    """Return each constant."""
    from flytekit.extras import accelerators

    found: dict[str, Entry] = {}
    for name, value in vars(accelerators).items():
        if not isinstance(value, accelerators.BaseAccelerator):
            continue
        sizes = [
            partition._partition_size
            for partition in vars(type(value)).values()
            if isinstance(partition, accelerators.BaseAccelerator)
        ]
        found[name] = {"device": value.to_flyte_idl().device, "partitions": sizes}
    return found


def of_flyte() -> dict[str, Entry]:
    """Return each name that a device can have; `is_name` tells that flyte sends the name itself."""
    from flyte import _resources
    from flyte._internal.runtime.resources_serde import ACCELERATOR_DEVICE_MAP

    names = {name: kind for literal, kind in _resources._DeviceClassType.items() for name in flat(literal)}
    names |= _resources._DEVBOX_DEVICE_CLASSES
    tpus = flat(_resources.TPUType)
    names |= {name: "TPU" if name in tpus else "GPU" for name in ACCELERATOR_DEVICE_MAP if name not in names}
    parts = {
        normalized(attribute.removesuffix("Parts")): flat(value)
        for attribute, value in vars(_resources).items()
        if attribute.endswith("Parts")
    }
    return {
        name: {
            "device": ACCELERATOR_DEVICE_MAP.get(name, name),
            "is_name": name not in ACCELERATOR_DEVICE_MAP,
            "class": CLASSES.get(kind, kind),
            "partitions": parts.get(normalized(name).replace("80g", "80gb"), []),
        }
        for name, kind in names.items()
    }


def of_flyteidl2() -> dict[str, Entry]:
    """Return each model."""
    from flyteidl2.core import tasks_pb2

    found = {}
    for value in tasks_pb2.AcceleratorModel.DESCRIPTOR.values:
        if value.number:
            name = value.GetOptions().Extensions[tasks_pb2.accelerator_name]
            found[value.name] = {"device": name, "number": value.number}
    return found


def flat(literal: Any) -> list[str]:
    """Return the members of a Literal, which may hold another."""
    return [name for argument in get_args(literal) for name in (flat(argument) if get_args(argument) else [argument])]


PACKAGES = {"flytekit": of_flytekit, "flyte": of_flyte, "flyteidl2": of_flyteidl2}


def read(package: str) -> str:
    """Return the text of a package's file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of the packages' own imports
        found = PACKAGES[package]()
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in found.items())
    return f'{{\n "version": {json.dumps(version(package))},\n "accelerators": {{\n{lines}\n }}\n}}\n'


# ---- the catalogue


def normalized(name: str) -> str:
    """Return a name as the catalogue looks it up."""
    return "".join(character for character in name.lower() if character.isalnum())


def by_size(size: str) -> list[int]:
    return [int(part.removesuffix("gb").removesuffix("g")) for part in size.replace(".", "x").split("x")]


class Catalogue:
    """The entries, one for what the packages mean by one device."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def add(self, package: str, name: str, kind: str, found: Entry) -> Entry:
        """Add what a package has to the entry of the same name or device, or to a new one."""
        entry = self._entry_of(name, found["device"], kind)
        if name != entry["name"] and name not in entry["aliases"]:
            entry["aliases"].append(name)
        entry["devices"].setdefault(package, found["device"])
        entry["partitions"] = sorted({*entry["partitions"], *found.get("partitions", ())}, key=by_size)
        if not found.get("is_name"):
            entry["device"] = entry["device"] or found["device"]
        return entry

    def _entry_of(self, name: str, device: str, kind: str) -> Entry:
        wanted = {normalized(name), normalized(device)}
        for entry in self.entries:
            if wanted & {normalized(each) for each in (entry["name"], *entry["aliases"], *entry["devices"].values())}:
                return entry
        entry = {"name": name, "aliases": [], "class": kind, "model": "", "number": 0, "device": ""}
        self.entries.append({**entry, "devices": {}, "partitions": []})
        return self.entries[-1]


def catalogue() -> str:
    """Return the text of the catalogue: a line for each accelerator, so that a diff can be read."""
    sources = {package: json.loads((SOURCES / f"{package}.json").read_text("utf-8")) for package in PACKAGES}
    made = Catalogue()
    for name, found in sources["flytekit"]["accelerators"].items():
        made.add("flytekit", name, "GOOGLE_TPU" if "tpu" in found["device"] else "NVIDIA_GPU", found)
    for name, found in sources["flyte"]["accelerators"].items():
        made.add("flyte", name, found["class"], found)
    for model, found in sources["flyteidl2"]["accelerators"].items():
        prefix = next(prefix for prefix in PREFIXES if model.startswith(prefix))
        entry = made.add("flyteidl2", model.removeprefix(prefix) or "AppleSilicon", PREFIXES[prefix], found)
        entry["model"], entry["number"] = model, found["number"]
    for entry in made.entries:
        entry["device"] = entry["device"] or entry["name"]
    head = {
        "packages": {package: source["version"] for package, source in sources.items()},
        "resources": RESOURCES,
    }
    lines = ",\n".join(f"  {json.dumps(entry)}" for entry in made.entries)
    return f'{{\n{json.dumps(head, indent=1)[2:-2]},\n "accelerators": [\n{lines}\n ]\n}}\n'


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the files on disk, write nothing")
    parser.add_argument("read", nargs="*", metavar="read PACKAGE…", help="read installed packages instead")
    arguments = parser.parse_args()
    if arguments.read:
        files = {SOURCES / f"{package}.json": read(package) for package in arguments.read[1:]}
    else:
        files = dict.fromkeys(CATALOGUES, catalogue())
    stale = 0
    for path, text in files.items():
        if not arguments.check:
            path.write_text(text, "utf-8", newline="\n")
        elif not path.exists() or path.read_text("utf-8") != text:
            print(f"{path.relative_to(ROOT)} is out of date: run scripts/accelerators.py", file=sys.stderr)
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main())
