"""The catalogue of accelerators: made from what the packages have, and the same for Go and Python."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from resourceidl.v1 import extended_resources_pb2 as pb
from resources_py import _accelerators


def test_catalogue_is_up_to_date(root: Path) -> None:
    command = [sys.executable, str(root / "scripts" / "accelerators.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_catalogue_and_schema_agree(root: Path) -> None:
    read = json.loads((root / "resources_go" / "accelerators.json").read_text("utf-8"))
    models = {entry["model"]: entry["number"] for entry in read["accelerators"] if entry["model"]}
    assert models == {name: number for name, number in pb.AcceleratorModel.items() if number}
    assert set(read["resources"]) == set(pb.GPUAccelerator.DeviceClass.keys()) - {"APPLE_SILICON"}


def test_entries() -> None:
    """Where the packages disagree: flytekit's string is sent, and all of them are found."""
    h100 = _accelerators.find("H100")
    assert h100 is not None
    assert h100.device == "nvidia-h100"
    assert [_accelerators.find(device) for device in ("nvidia-h100", "nvidia-tesla-h100")] == [h100, h100]
    assert h100.partitions == ("1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb")
    assert [_accelerators.resolve(name) for name in ("V5E", "B200", "A100 80G", "MI300X", "other")] == [
        "tpu-v5-lite-podslice",
        "nvidia-b200",
        "nvidia-a100-80gb",
        "amd-mi300x",
        "other",
    ]
