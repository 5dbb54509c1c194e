"""`resources-py total`: what workloads ask for."""

from __future__ import annotations

import csv
import gzip
import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  template:
    spec:
      initContainers:
      - {name: proxy, image: i, restartPolicy: Always, resources: {requests: {cpu: 100m}}}
      containers:
      - name: web
        image: i
        resources:
          requests: {cpu: 250m, memory: 64Mi}
          limits: {memory: 128Mi}
"""
JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {name: load}
spec:
  parallelism: 4
  template:
    spec:
      containers:
      - {name: a, image: i, resources: {limits: {cpu: 1, example.com/device: 2}}}
"""
DAEMON = DEPLOYMENT.replace("Deployment", "DaemonSet").replace("name: web, namespace: shop", "name: agent")
QUOTA = """\
apiVersion: v1
kind: ResourceQuota
metadata: {name: all, namespace: shop}
spec:
  hard: {cpu: 1, requests.memory: 1Gi, limits.memory: 300Mi, pods: "3", limits.cpu: 10, count/services: 5}
"""


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> None:
    (tmp_path / "deploy.yaml").write_text(DEPLOYMENT + "---\n" + JOB)
    (tmp_path / "quota.yaml").write_text(QUOTA)
    (tmp_path / "daemon.yaml").write_text(DAEMON)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_table(cli: Run) -> None:
    finished = cli("total", "deploy.yaml", "--by", "workload")
    assert finished.returncode == 0
    lines = [line.split() for line in finished.stdout.splitlines()]
    assert lines[0] == ["pods", "resource", "requests", "limits", "share", "of", "the", "largest"]
    assert lines[2:] == [
        ["default,", "Job/load", "4", "cpu", "4", "4", "█" * 20],
        ["example.com/device", "8", "8", "█" * 20],
        ["shop,", "Deployment/web", "3", "cpu", "1050m", "-", "█" * 5],
        ["memory", "192Mi", "384Mi", "█" * 20],
    ]


@pytest.mark.parametrize(
    ("grouping", "groups"),
    [
        ("workload", [("default", "Job", "load"), ("shop", "Deployment", "web")]),
        ("namespace", [("default", "", ""), ("shop", "", "")]),
        ("kind", [("", "Deployment", ""), ("", "Job", "")]),
        ("all", [("", "", "")]),
    ],
)
def test_csv_has_exact_numbers(cli: Run, grouping: str, groups: list[tuple[str, str, str]]) -> None:
    found = rows(cli("total", "deploy.yaml", "--csv", "--by", grouping).stdout)
    assert list(dict.fromkeys((row["namespace"], row["kind"], row["name"]) for row in found)) == groups
    assert sum(float(row["requests"]) for row in found if row["resource"] == "cpu") == 5.05
    assert {row["limits"] for row in found if row["resource"] == "memory"} == {"402653184"}


def test_json(cli: Run) -> None:
    (found,) = map(json.loads, cli("total", "deploy.yaml", "--json", "--by", "all").stdout.splitlines())
    assert (found["pods"], found["requests"]["cpu"]) == (7, {"quantity": "5050m", "number": "5.05"})
    assert found["limits"]["example.com/device"] == {"quantity": "8", "number": "8"}


def test_daemon_sets_and_nodes(cli: Run) -> None:
    noted = cli("total", "daemon.yaml", "--csv")
    assert "each DaemonSet is counted once: pass --nodes" in noted.stderr
    told = cli("total", "daemon.yaml", "--csv", "--nodes", "10")
    assert told.stderr == ""
    assert [row["requests"] for row in rows(noted.stdout)] == ["0.35", "67108864"]
    assert [row["requests"] for row in rows(told.stdout)] == ["3.5", "671088640"]


def pod(name: str, owner: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "ownerReferences": [{"kind": owner, "name": "web", "controller": True}]},
        "spec": {"containers": [{"name": "a", "image": "i", "resources": {"requests": {"cpu": "1"}}}]},
    }


def test_the_same_from_every_form(cli: Run, tmp_path: Path) -> None:
    pods = [pod(f"p{index}", "ReplicaSet") for index in range(40)]
    listed = json.dumps({"items": pods, "kind": "List", "apiVersion": "v1"}, indent=2)
    (tmp_path / "list.json").write_text(listed)
    (tmp_path / "list.json.gz").write_bytes(gzip.compress(listed.encode()))
    (tmp_path / "pods.jsonl").write_text("".join(json.dumps(each) + "\n" for each in pods))
    (tmp_path / "pods.yaml").write_text("---\n".join(json.dumps(each, indent=1) + "\n" for each in pods))
    for name in ("list.json", "list.json.gz", "pods.jsonl", "pods.yaml"):
        (row,) = rows(cli("total", name, "--csv").stdout)
        assert (row["pods"], row["requests"]) == ("40", "40"), name
    assert rows(cli("total", "--csv", stdin=listed).stdout)[0]["pods"] == "40"
    bare = [{"metadata": each["metadata"], "spec": each["spec"]} for each in pods]
    for text in (
        json.dumps({"apiVersion": "v1", "kind": "PodList", "items": bare}),
        f"kind: List\nitems: {json.dumps(pods)}\n",
    ):
        assert rows(cli("total", "--csv", stdin=text).stdout)[0]["pods"] == "40"


def test_what_is_controlled_is_left_out(cli: Run, tmp_path: Path) -> None:
    owned = json.dumps(pod("a", "Deployment"))
    (tmp_path / "pod.json").write_text(owned)
    finished = cli("total", "deploy.yaml", "pod.json", "--by", "all", "--csv")
    assert "1 pod left out, since the workloads that control them are counted" in finished.stderr
    assert rows(finished.stdout)[0]["pods"] == "7"


def test_quota(cli: Run, tmp_path: Path) -> None:
    finished = cli("total", "deploy.yaml", "--quota", "quota.yaml", "--by", "all")
    assert finished.returncode == 1
    lines = [" ".join(line.split()) for line in finished.stdout.splitlines()]
    assert lines[lines.index("quota entry asked for hard") + 2 :] == [
        "shop, all cpu 1050m 1 refused: 50m too much",
        "shop, all requests.memory 192Mi 1Gi refused: a container of Deployment/web does not set it",
        "shop, all limits.memory 384Mi 300Mi refused: 84Mi too much",
        "shop, all pods 3 3",
        "shop, all limits.cpu 0 10 refused: a container of Deployment/web does not set it",
        "shop, all count/services - 5 not compared: it has scopes, or only the cluster can tell",
    ]
    (tmp_path / "wide.yaml").write_text(QUOTA.replace("cpu: 1,", "cpu: 2,").partition(", requests")[0] + "}\n")
    assert cli("total", "deploy.yaml", "--quota", "wide.yaml").returncode == 0
    (tmp_path / "scoped.yaml").write_text(QUOTA + "  scopes: [BestEffort]\n")
    assert cli("total", "deploy.yaml", "--quota", "scoped.yaml").returncode == 0


def test_no_quota_is_said(cli: Run) -> None:
    finished = cli("total", "deploy.yaml", "--quota", "deploy.yaml")
    assert finished.returncode == 0
    assert "no ResourceQuota found in deploy.yaml" in finished.stderr


def test_capacity(cli: Run) -> None:
    finished = cli("total", "deploy.yaml", "--capacity", "cpu=8,memory=1Gi")
    lines = [" ".join(line.split()) for line in finished.stdout.splitlines()]
    assert lines[-2:] == ["default, Job/load 0 example.com/device", "shop, Deployment/web 16 memory"]
    more = cli("total", "deploy.yaml", "--capacity", "cpu=8,memory=1Gi,pods=5,example.com/device=4")
    lines = [" ".join(line.split()) for line in more.stdout.splitlines()]
    assert lines[-2:] == ["default, Job/load 2 example.com/device", "shop, Deployment/web 5 pods"]


@pytest.mark.parametrize("capacity", ["cpu", "cpu=8Gb", "cpu=8,,"])
def test_wrong_capacity(cli: Run, capacity: str) -> None:
    finished = cli("total", "deploy.yaml", "--capacity", capacity)
    assert finished.returncode == 2
    assert "write cpu=8,memory=32Gi" in " ".join(finished.stderr.split())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (DEPLOYMENT.replace("250m", "250mb"), "bad.yaml:1:1: INVALID_QUANTITY"),
        (
            DEPLOYMENT.replace("replicas: 3", "replicas: x"),
            "bad.yaml:1:1: WRONG_TYPE spec.replicas: 'x' is not a count",
        ),
        ("apiVersion: [", "bad.yaml:"),
    ],
)
def test_what_cannot_be_counted_is_said(cli: Run, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    finished = cli("total", "bad.yaml", "deploy.yaml", "--by", "all", "--csv")
    assert finished.returncode == 2
    assert said in finished.stderr
    assert rows(finished.stdout)[0]["pods"] == "7"


def test_a_template_is_skipped(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text("a: {{ .Values.a }\n")
    finished = cli("total", "template.yaml", "deploy.yaml", "--by", "all", "--csv")
    assert finished.returncode == 0
    assert ": skipped, as a template" in finished.stderr


def test_a_missing_file(cli: Run) -> None:
    finished = cli("total", "missing.yaml", "deploy.yaml", "--csv")
    assert finished.returncode == 2
    assert "missing.yaml: UNDECODABLE No such file" in finished.stderr
    assert len(rows(finished.stdout)) == 4
