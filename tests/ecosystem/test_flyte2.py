"""What flyte 2 sends, read and written by this package: the page docs/how-to/coming-from-flyte2.md."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any, get_args

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # warnings from flyte's own imports
    import flyte
    from flyte._internal.runtime.resources_serde import get_proto_extended_resources, get_proto_resources
    from flyte._resources import Accelerators

from flyteidl2.core import tasks_pb2 as flyteidl2

from resources_py import ContainerResources, ExtendedResources, Resources, SharedMemory, parse_accelerator

SHM = SharedMemory(mount_name="flyte-shm")


def sent(**arguments: Any) -> flyteidl2.ExtendedResources:
    message = get_proto_extended_resources(flyte.Resources(**arguments))
    assert message is not None
    return message


def test_catalogue_has_what_the_package_has(root: Path) -> None:
    command = [sys.executable, str(root / "scripts" / "accelerators.py"), "--check", "read", "flyte"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "ours"),
    [
        ({"gpu": "A100:8", "shm": "auto"}, ExtendedResources("A100", shared_memory=SHM)),
        ({"gpu": "T4:1"}, ExtendedResources("T4")),
        ({"gpu": flyte.GPU("A100", 1, "1g.5gb")}, ExtendedResources("A100", "1g.5gb")),
        ({"gpu": flyte.TPU("V5P", "2x2x1")}, ExtendedResources("V5P", "2x2x1")),
        ({"gpu": flyte.GPU("T4 shared", 1)}, ExtendedResources("T4 shared")),
        ({"shm": "8Gi"}, ExtendedResources(shared_memory=SharedMemory("8Gi", mount_name="flyte-shm"))),
    ],
    ids=str,
)
def test_same_bytes(arguments: dict[str, Any], ours: ExtendedResources) -> None:
    assert sent(**arguments).SerializeToString(deterministic=True) == bytes(ours)


@pytest.mark.parametrize("text", get_args(Accelerators))
def test_each_text(text: str) -> None:
    """What it means is the same. Its bytes differ for the devices that flyte sends by their names, and for H100."""
    message = sent(gpu=text)
    read = ExtendedResources.from_proto(message)
    assert bytes(read) == message.SerializeToString(deterministic=True)
    gpu, extended = parse_accelerator(text)
    assert [entry.value for entry in get_proto_resources(flyte.Resources(gpu=text)).requests] == [str(gpu)]
    if text.startswith("H100:"):
        assert (message.gpu_accelerator.device, extended.to_proto().gpu_accelerator.device) == (
            "nvidia-tesla-h100",
            "nvidia-h100",
        )
    else:
        assert read == extended


def test_a_container() -> None:
    """flyte sets only the request of a GPU, which Kubernetes rejects: set both."""
    theirs = flyte.Resources(cpu=(1, 2), memory="4Gi", gpu="A100:8", disk="10Gi", shm="auto")
    ours = ContainerResources(
        Resources(cpu=(1, 2), mem=("4Gi", None), gpu=8, ephemeral_storage=("10Gi", None)),
        ExtendedResources("A100", shared_memory=SHM),
    )
    message = get_proto_resources(theirs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = Resources.from_proto(message)
    assert read.override(gpu=8) == ours.resources
    assert ExtendedResources.from_proto(get_proto_extended_resources(theirs)) == ours.extended
