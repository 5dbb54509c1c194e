"""Manifests of many kinds, exactly as they stand: `check` finds what is wrong in them, and nothing else."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., "subprocess.CompletedProcess[str]"]
FOLDER = Path(__file__).resolve().parents[1] / "manifests"
FILES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.suffix in (".yaml", ".yml", ".json"))


# What really is in a file, judged by Kubernetes' rules: line, severity and reason.
FOUND = {
    # Kubernetes decodes a null in a map of quantities as zero: a request of nothing, a quota that allows nothing.
    "deployment-null.yml": [(20, "warning", "NO_VALUE")],
    "kubernetes/resourcesquota-null.yml": [(7, "warning", "NO_VALUE"), (8, "warning", "NO_VALUE")],
    # A cpu of 0.0001 is stored as 1m, ten times as much.
    "kubernetes/podupdate-pod-blocker-scale-down.yaml": [(11, "warning", "FINER_THAN_MILLI")],
}

# Files without any resources, for each of the reasons there are.
HOLD_NOTHING = [
    # schemas of kinds, which describe quantities and hold none
    "dask-kubernetes/daskautoscaler-crd.yaml",
    "dask-kubernetes/daskcluster-crd.yaml",
    "dask-kubernetes/daskworkergroup-crd.yaml",
    "kubernetes/scaler-policy.yaml",
    "kubernetes/snapshot.storage.k8s.io_volumesnapshots.yaml",
    "kubernetes/populator.storage.k8s.io_volumepopulators.yaml",
    "api/apiexports_crd.yaml",
    "api/apiextensions.k8s.io.v1.CustomResourceDefinition.json",
    "written/crd-of-stanzas.yaml",
    # files of other programs
    "dask-kubernetes/Chart.yaml",
    "kustomize/Chart.yaml",
    "skypilot/basic_cluster.yaml",
    "skypilot/basic_pool.yaml",
    "written/docker-compose.yaml",
    "written/workflow-of-github.yaml",
    # kinds whose `resources` are a list of names
    "kubernetes/namespace-roles.yaml",
    "kubernetes/plugin-permissions.yaml",
    "kustomize/kustomization.yaml",
    "written/rbac.json",
    # patches without a kind
    "kustomize/container.template.yaml",
    "written/kustomize-patches.yaml",
    # templates that are not YAML yet
    "dask-kubernetes/servicemonitor-scheduler.yaml",
    "written/deployment-template.yaml",
]


def findings(finished: subprocess.CompletedProcess[str]) -> dict[str, list[tuple[int, str, str]]]:
    found: dict[str, list[tuple[int, str, str]]] = {}
    for each in json.loads(finished.stdout):
        name = str(Path(each["file"]).relative_to(FOLDER))
        found.setdefault(name, []).append((each["line"], each["severity"], each["reason"]))
    return found


def test_the_corpus_is_complete() -> None:
    """Each file has a line in the README, which names its source; each file of the tables exists."""
    listed = (FOLDER / "README.md").read_text()
    unlisted = [name for name in FILES if "written/" not in name and f" {Path(name).name}" not in listed]
    assert unlisted == []
    assert len(FILES) > 100
    assert {*FOUND, *HOLD_NOTHING} <= set(FILES)


def test_only_what_is_wrong_is_found(cli: Run) -> None:
    finished = cli("check", "--format", "json", FOLDER)
    assert findings(finished) == FOUND
    assert finished.returncode == 0


def test_a_file_named_is_like_a_file_of_a_folder(cli: Run) -> None:
    finished = cli("check", "--format", "json", *(FOLDER / name for name in FILES))
    assert findings(finished) == FOUND
    assert finished.returncode == 0


def test_files_without_resources(cli: Run) -> None:
    finished = cli("check", *(FOLDER / name for name in HOLD_NOTHING))
    assert (finished.returncode, finished.stdout) == (0, "")
    assert f"no resources found in {len(HOLD_NOTHING)} files" in finished.stderr


# One quantity in each kind of place: what is written there instead, and how often.
MISSPELLED = [
    ("api/storage.k8s.io.v1.CSIStorageCapacity.yaml", 'capacity: "0"', "capacity: 1GB", 1),
    ("api/resource.k8s.io.v1.ResourceSlice.yaml", 'value: "0"', "value: 1GB", 3),
    ("kubernetes/claim-03.json", '"10G"', '"10GB"', 1),
    ("kubernetes/etcd-statefulset.yaml", "storage: 1Gi", "storage: 1GB", 1),
    ("kubernetes/exemplar_pod.yaml", "memory: 20M", "memory: 20MB", 2),
    ("kubernetes/limit-range.yaml", "memory: 1Gi", "memory: 1GB", 2),
    ("kubernetes/persistent-volume.yaml", "storage: 10Gi", "storage: 10GB", 1),
    ("kubernetes/quota.yaml", "memory: 1Gi", "memory: 1GB", 1),
    ("kubernetes/resourceclaimtemplate-consumablecapacity.yaml", "2500M", "2500MB", 1),
    ("kubernetes/resourceslice-consumablecapacity.yaml", "value: 10Gi", "value: 10GB", 1),
    ("written/argo-rollout.yaml", "memory: 32Mi", "memory: 32MB", 1),
    ("written/argo-workflow.yaml", "storage: 1Gi", "storage: 1GB", 1),
    ("written/cert-manager.yaml", "memory: 64Mi", "memory: 64MB", 2),
    ("written/elasticsearch.yaml", "storage: 100Gi", "storage: 100GB", 1),
    ("written/flux-helm-release.yaml", "memory: 256Mi", "memory: 256MB", 1),
    ("written/hpa-and-friends.yaml", "averageValue: 500Mi", "averageValue: 500MB", 1),
    ("written/hpa-and-friends.yaml", "memory: 160Mi", "memory: 160MB", 1),
    ("written/hpa-and-friends.yaml", "storage: 1Ti", "storage: 1TB", 2),
    ("written/istio.yaml", "memory: 1024Mi", "memory: 1024MB", 1),
    ("written/karpenter.yaml", "memory: 1000Gi", "memory: 1000GB", 1),
    ("written/kserve.yaml", "memory: 24Gi", "memory: 24GB", 2),
    ("written/kubevirt.yaml", "storage: 10Gi", "storage: 10GB", 1),
    ("written/kueue.yaml", "memory: 200Mi", "memory: 200MB", 1),
    ("written/opentelemetry-collector.yaml", "memory: 2Gi", "memory: 2GB", 1),
    ("written/prometheus.yaml", "storage: 40Gi", "storage: 40GB", 1),
    ("written/ray-cluster.yaml", "memory: 8G", "memory: 8GB", 2),
    ("written/rook-ceph.yaml", "memory: 2Gi", "memory: 2GB", 1),
    ("written/strimzi-kafka.yaml", "memory: 512Mi", "memory: 512MB", 2),
    ("written/tekton.yaml", "memory: 4Gi", "memory: 4GB", 1),
    ("written/values.yaml", "memory: 256Mi", "memory: 256MB", 1),
    ("written/vertical-pod-autoscaler.yaml", "memory: 500Mi", "memory: 500MB", 1),
    ("written/volcano.yaml", "memory: 4Gi", "memory: 4GB", 1),
]


def test_a_misspelled_quantity_is_found(cli: Run, tmp_path: Path) -> None:
    """So the kinds above are looked at, not skipped."""
    expected = []
    for number, (name, written, misspelled, count) in enumerate(MISSPELLED):
        text = (FOLDER / name).read_text().replace(written, misspelled)
        path = tmp_path / f"{number:02}" / Path(name).name
        path.parent.mkdir()
        path.write_text(text)
        lines = [at for at, line in enumerate(text.splitlines(), 1) for _ in range(line.count(misspelled))]
        assert len(lines) == count, (name, lines)
        expected += [(str(path), line, "INVALID_QUANTITY") for line in lines]
    found: list[dict[str, Any]] = json.loads(cli("check", "--format", "json", tmp_path).stdout)
    assert [(each["file"], each["line"], each["reason"]) for each in found] == expected
