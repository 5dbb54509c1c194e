"""The stanza with the Kubernetes clients: the official one, new and old, and lightkube."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client
from kubernetes.utils import parse_quantity
from lightkube import codecs
from lightkube.models import core_v1

from resources_py import Resources, ResourcesError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    DECLARED = [
        Resources(),
        Resources(cpu=("500m", 2), mem="1Gi", gpu=1, ephemeral_storage=(None, "10Gi")),
        Resources(cpu=(0.5, None), mem="1536"),
        Resources(cpu="1500u", mem="31.25Ki"),
    ]

ROOT = Path(__file__).resolve().parent.parent.parent
MANIFESTS = {
    path.name: path
    for folder in ("examples", "tests")
    for path in sorted((ROOT / folder / "manifests").iterdir())
    if path.is_file() and path.suffix != ".md"
}
NULL = "deployment-null.yml"  # has `cpu: null`, which is rejected


def stanza_of(requirements: Any) -> dict[str, Any]:
    """Return the stanza that the official client would send."""
    return client.ApiClient().sanitize_for_serialization(requirements)


def containers(manifest: Path) -> list[dict[str, Any]]:
    """Yield the stanza of each container in a file, at any depth."""
    found: list[dict[str, Any]] = []

    def look(value: Any) -> None:
        if isinstance(value, list):
            for item in value:
                look(item)
        elif isinstance(value, dict):
            for key, item in value.items():
                if key in ("containers", "initContainers"):
                    found.extend(container.get("resources", {}) for container in item)
                else:
                    look(item)

    look(list(yaml.safe_load_all(manifest.read_text())))
    return found


@pytest.mark.parametrize("declared", DECLARED, ids=repr)
def test_v1_resource_requirements(declared: Resources) -> None:
    stanza = declared.to_kubernetes()
    requirements = client.V1ResourceRequirements(**stanza)
    assert stanza_of(requirements) == stanza
    assert Resources.from_kubernetes(stanza_of(requirements)) == declared
    # and nested in the object that is sent
    container = client.V1Container(name="main", image="registry.example/train:1", resources=requirements)
    spec = client.V1PodSpec(containers=[container])
    pod = client.V1Pod(metadata=client.V1ObjectMeta(name="train"), spec=spec)
    assert stanza_of(pod)["spec"]["containers"][0]["resources"] == stanza


@pytest.mark.parametrize("declared", DECLARED, ids=repr)
def test_values_by_the_clients_own_parser(declared: Resources) -> None:
    """The client's parse_quantity must read the same numbers."""
    parameters = {"cpu": "cpu", "memory": "mem", "nvidia.com/gpu": "gpu", "ephemeral-storage": "ephemeral_storage"}
    for side, amounts in declared.to_kubernetes().items():
        for key, text in amounts.items():
            assert parse_quantity(text) == getattr(declared, side)[parameters[key]].decimal


@pytest.mark.parametrize("declared", DECLARED, ids=repr)
def test_lightkube(declared: Resources) -> None:
    requirements = core_v1.ResourceRequirements(**declared.to_kubernetes())
    assert requirements.to_dict() == declared.to_kubernetes()
    assert Resources.from_kubernetes(requirements.to_dict()) == declared
    container = core_v1.Container(name="main", resources=requirements)
    assert core_v1.Container.from_dict(container.to_dict()).resources == requirements


@pytest.mark.parametrize(
    "manifest", [path for name, path in MANIFESTS.items() if name != NULL], ids=lambda path: path.stem
)
def test_real_manifests(manifest: Path) -> None:
    """Stanzas are read, and written as the clients expect. The client's own parser gets the same numbers from the file."""
    stanzas = containers(manifest)
    assert stanzas
    for stanza in stanzas:
        resources = Resources.from_kubernetes(stanza)
        written = resources.to_kubernetes()
        assert numbers(written) == numbers(stanza)
        assert stanza_of(client.V1ResourceRequirements(**written)) == written
        assert core_v1.ResourceRequirements(**written).to_dict() == written
        assert Resources.from_bytes(bytes(resources)) == Resources.from_kubernetes(written) == resources


def numbers(stanza: dict[str, Any]) -> dict[tuple[str, str], Any]:
    """Return each amount of a stanza, as the client's own parser reads it."""
    return {(side, key): parse_quantity(str(value)) for side in stanza for key, value in stanza[side].items()}


def test_real_manifests_are_many() -> None:
    stanzas = [stanza for manifest in MANIFESTS.values() for stanza in containers(manifest) if stanza]
    assert len(stanzas) >= 30
    assert sum(1 for stanza in stanzas if "requests" in stanza and "limits" in stanza) >= 10


def test_a_null_is_refused() -> None:
    (stanza,) = containers(MANIFESTS[NULL])
    with pytest.raises(ResourcesError) as caught:
        Resources.from_kubernetes(stanza)
    assert {violation.reason for violation in caught.value.violations} == {"WRONG_TYPE"}


def test_lightkube_loads_a_manifest() -> None:
    """It keeps the YAML float 0.15 as a float, which is accepted too."""
    (daemonset,) = codecs.load_all_yaml(MANIFESTS["newrelic-daemonset.yaml"].read_text())
    (container,) = daemonset.spec.template.spec.containers
    assert Resources.from_kubernetes(container.resources.to_dict()) == Resources(cpu=("150m", None))


def test_to_dict_of_the_official_client_is_rejected() -> None:
    """Its None and `claims` are rejected rather than silently dropped. The documentation shows the right call."""
    requirements = client.V1ResourceRequirements(limits={"cpu": "1"})
    with pytest.raises(ResourcesError) as caught:
        Resources.from_kubernetes(requirements.to_dict())
    assert {(v.field, v.reason) for v in caught.value.violations} == {
        ("claims", "UNKNOWN_KEY"),
        ("requests", "WRONG_TYPE"),
    }


def test_extended_resources() -> None:
    """What the API server rejects never reaches the client."""
    for gpu, reason in (((1, None), "LIMIT_REQUIRED"), ((1, 2), "REQUEST_NOT_EQUAL_LIMIT")):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            declared = Resources(gpu=gpu)
        assert [warning.reason for warning in declared.warnings] == [w.message.reason for w in caught]
        with pytest.raises(ResourcesError) as refused:
            declared.to_kubernetes("amd.com/gpu")
        assert [(v.field, v.reason) for v in refused.value.violations] == [('requests["amd.com/gpu"]', reason)]
    stanza = Resources(gpu=2).to_kubernetes("amd.com/gpu")
    assert stanza_of(client.V1ResourceRequirements(**stanza))["limits"] == {"amd.com/gpu": "2"}
