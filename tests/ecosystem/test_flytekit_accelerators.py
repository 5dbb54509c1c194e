"""What flytekit's `accelerator=` and `shared_memory=` send, read and written by this package."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
from flyteidl.core import tasks_pb2 as flyteidl

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # warnings from flytekit's own imports
    import flytekit
    from flytekit.core.resources import construct_extended_resources
    from flytekit.core.type_engine import TypeEngine
    from flytekit.extras import accelerators
    from flytekit.extras.accelerators import A100, GPUAccelerator

from resources_py import ExtendedResources, Resources

CONSTANTS = {
    name: value for name, value in vars(accelerators).items() if isinstance(value, accelerators.BaseAccelerator)
}


def sent(**arguments: Any) -> flyteidl.ExtendedResources:
    message = construct_extended_resources(**arguments)
    assert message is not None
    return message


def test_catalogue_has_what_the_packages_have(root: Path) -> None:
    program = root / "scripts" / "accelerators.py"
    command = [sys.executable, str(program), "--check", "read", "flytekit", "flyteidl2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", CONSTANTS)
def test_each_constant(name: str) -> None:
    """The same device; flytekit's message has no class, so its bytes are kept, not made."""
    message = sent(accelerator=CONSTANTS[name])
    read = ExtendedResources.from_proto(message)
    assert bytes(read) == message.SerializeToString(deterministic=True)
    assert read == ExtendedResources(name)
    assert read.to_proto(flyteidl.ExtendedResources) == message


@pytest.mark.parametrize(
    ("arguments", "ours"),
    [
        ({"accelerator": A100.partition_1g_5gb}, ExtendedResources("A100", "1g.5gb")),
        ({"accelerator": A100.unpartitioned}, ExtendedResources("A100", False)),
        ({"accelerator": GPUAccelerator("mine")}, ExtendedResources("mine")),
        ({"shared_memory": True}, ExtendedResources(shared_memory=True)),
        ({"shared_memory": "1024Mi"}, ExtendedResources(shared_memory="1024Mi")),
        ({"accelerator": A100, "shared_memory": "8Gi"}, ExtendedResources("A100", shared_memory="8Gi")),
    ],
    ids=repr,
)
def test_same_bytes(arguments: dict[str, Any], ours: ExtendedResources) -> None:
    assert sent(**arguments).SerializeToString(deterministic=True) == bytes(ours)


# ---- a Resources as the input of a task: docs/how-to/coming-from-flytekit.md


def test_a_task_takes_resources_as_json() -> None:
    @flytekit.task
    def show(resources: str) -> str:
        return repr(Resources.from_json(resources))

    assert show(resources=Resources(cpu=("500m", 2)).to_json()) == "Resources(cpu=('500m', 2))"


def test_a_task_does_not_take_resources() -> None:
    """flytekit sets each annotated attribute of an input anew, and mashumaro annotates one that is the class's."""
    context = flytekit.FlyteContextManager.current_context()
    with pytest.raises(AttributeError, match="read-only"):
        TypeEngine.to_literal(context, Resources(cpu=1), Resources, TypeEngine.to_literal_type(Resources))
