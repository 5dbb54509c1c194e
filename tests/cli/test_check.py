"""``resources-py check``: manifests and files of declarations."""

from __future__ import annotations

import json
import os
import subprocess
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from resources_py.cli.diagnostics import Diagnostic, Place, render_excerpt
from resources_py.cli.documents.document import Document
from resources_py.cli.documents.nodes import to_plain
from resources_py.cli.documents.yaml import parse_yaml

Run = Callable[..., "subprocess.CompletedProcess[str]"]
HERE = Path(__file__).resolve().parent
CONTAINERS = {  # counted by hand
    "cassandra-statefulset.yaml": 1,
    "deployment-multicontainer-resources.yaml": 2,
    "deployment-null.yml": 1,
    "descheduler-cronjob.yaml": 1,
    "exclusive-2.yaml": 1,
    "guestbook-all-in-one.yaml": 3,
    "knative-service.yaml": 1,
    "microservices-demo.yaml": 13,
    "multi-pod.yaml": 3,
    "multi-resource-list.json": 1,
    "mysql.yaml": 1,
    "mysql-upgrade-statefulset.yaml": 4,
    "newrelic-daemonset.yaml": 1,
    "nvidia-driver-installer-daemonset.yaml": 4,
    "pxc-node1.yaml": 1,
    "redis-slave-replicaset.yaml": 1,
    "selenium-hub-deployment.yaml": 1,
    "storm-worker-controller.yaml": 1,
    "vllm-deployment.yaml": 1,
}


def findings(finished: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(finished.stdout)
    return found


# ---- real manifests


def test_real_manifests_are_clean(cli: Run, manifests: Path) -> None:
    """All of them are valid: no errors, and no warnings except for the missing value."""
    assert set(CONTAINERS) == {path.name for path in manifests.iterdir()}
    finished = cli("check", "--format", "json", manifests)
    assert finished.returncode == 0
    assert [(Path(f["file"]).name, f["line"], f["column"], f["reason"]) for f in findings(finished)] == [
        ("deployment-null.yml", 20, 15, "NO_VALUE")
    ]
    total = sum(CONTAINERS.values()) + 3  # claims of storage: two templates and one PersistentVolumeClaim
    assert finished.stderr == f"resources-py: {total} declarations in {len(CONTAINERS)} files: 1 warning\n"
    assert cli("check", "--strict", manifests).returncode == 1


@pytest.mark.parametrize(("name", "count"), CONTAINERS.items())
def test_every_container_of_a_real_manifest_is_found(cli: Run, manifests: Path, name: str, count: int) -> None:
    """It finds the same containers as PyYAML."""

    def beside_images(node: Any) -> list[Any]:
        if isinstance(node, list):
            return [found for item in node for found in beside_images(item)]
        if not isinstance(node, dict):
            return []
        own = [node.get("resources") or {}] if "image" in node and "name" in node else []
        return own + [found for value in node.values() for found in beside_images(value)]

    expected = beside_images(list(yaml.safe_load_all((manifests / name).read_text())))
    assert len(expected) == count
    finished = cli("show", "--json", manifests / name)
    assert finished.returncode == (1 if name == "deployment-null.yml" else 0)  # its null is not valid in a Resources
    keys = {"cpu": "cpu", "mem": "memory", "gpu": "nvidia.com/gpu", "ephemeral_storage": "ephemeral-storage"}
    found = []
    for one in map(json.loads, finished.stdout.splitlines()):
        sides: dict[str, dict[str, str]] = {}
        for parameter, key in keys.items():
            for side in ("request", "limit"):
                if side in one.get(parameter, {}):
                    sides.setdefault(f"{side}s", {})[key] = one[parameter][side]["written"]
        found.append(sides)
    if name != "deployment-null.yml":
        as_text = [{side: {k: str(v) for k, v in (s[side] or {}).items()} for side in s} for s in expected]
        assert sorted(found, key=str_sorted) == sorted(as_text, key=str_sorted)


def str_sorted(stanza: dict[str, Any]) -> str:
    return json.dumps(stanza, sort_keys=True)


# ---- agreement with Kubernetes


def test_agrees_with_kubernetes(cli: Run, tmp_path: Path) -> None:
    """Stanzas of every kind, compared with the result of Kubernetes' own validation: see README.md."""
    cases = [json.loads(line) for line in (HERE / "stanzas.jsonl").read_text().splitlines()]
    assert sum(case["refused"] for case in cases) > 200 < sum(not case["refused"] for case in cases)
    documents = []
    for number, case in enumerate(cases):
        stanza = case["stanza"].replace("\n", "\n      ").rstrip(" ")
        head = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p{number}}}\nspec:\n  containers:\n  - name: c\n"
        documents.append(f"{head}    resources:\n      {stanza}\n")
    (tmp_path / "pods.yaml").write_text("---\n".join(documents))
    finished = cli("check", "--format", "json", "pods.yaml")
    assert finished.returncode in (1, 2)
    starts = [1]
    for document in documents:
        starts.append(starts[-1] + document.count("\n") + 1)
    refused: dict[int, list[str]] = {}
    for finding in findings(finished):
        if finding["severity"] == "error":
            number = next(n for n, start in enumerate(starts) if start > finding["line"]) - 1
            refused.setdefault(number, []).append(finding["reason"])
    wrong = {n: case for n, case in enumerate(cases) if (n in refused) != case["refused"]}
    assert not wrong, {n: (case, refused.get(n)) for n, case in wrong.items()}


def test_amounts_that_exceed_kubernetes(cli: Run) -> None:
    """Kubernetes counts thousandths of a device in an int64. For other resources, 2^63-1 is this package's own limit."""
    stanza = "limits: {{cpu: 1, example.com/dongle: {}, memory: {}}}\n"
    assert cli("check", stdin=stanza.format(2**63 // 1000, 2**63 - 1)).returncode == 0
    for device, memory in ((2**63 // 1000 + 1, 1), (1, 2**63), (1, "8Ei"), ("1e9999", 1)):
        finished = cli("check", "--format", "json", stdin=stanza.format(device, memory))
        assert {f["reason"] for f in findings(finished) if f["severity"] == "error"} == {"OUT_OF_RANGE"}


def test_numbers_are_read_as_kubectl_reads_them() -> None:
    cases = [json.loads(line) for line in (HERE / "scalars.jsonl").read_text().splitlines()]
    assert len(cases) > 300
    for case in cases:
        value = to_plain(parse_yaml(f"v: {case['yaml']}")[0])["v"]
        expected = json.loads(case["json"])
        if isinstance(value, float):  # JSON writes a whole one without a point
            expected = float(expected)
        assert value == expected, case
        assert isinstance(value, bool) == isinstance(expected, bool), case


# ---- finding stanzas

POD = {"containers": [{"name": "c", "image": "i", "resources": {"limits": {"cpu": "1x"}}}]}


@pytest.mark.parametrize(
    "manifest",
    [
        {"apiVersion": "v1", "kind": "Pod", "spec": POD},
        {"apiVersion": "v1", "kind": "PodTemplate", "template": {"spec": POD}},
        {"apiVersion": "v1", "kind": "ReplicationController", "spec": {"template": {"spec": POD}}},
        *(
            {"apiVersion": "apps/v1", "kind": kind, "spec": {"template": {"spec": POD}}}
            for kind in ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet")
        ),
        {"apiVersion": "extensions/v1beta1", "kind": "Deployment", "spec": {"template": {"spec": POD}}},
        {"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": {"spec": POD}}},
        {"apiVersion": "batch/v1", "kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": {"spec": POD}}}}},
        {"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Pod", "spec": POD}]},
        {"apiVersion": "v1", "kind": "PodList", "items": [{"spec": POD}]},
        {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "spec": {"template": {"spec": POD}}},
        {
            "apiVersion": "kubeflow.org/v1",
            "kind": "PyTorchJob",
            "spec": {"pytorchReplicaSpecs": {"Worker": {"template": {"spec": POD}}}},
        },
        {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [], "initContainers": POD["containers"]}},
        {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [], "resources": {"limits": {"cpu": "1x"}}}},
        {"resources": {"limits": {"cpu": "1x"}}},
        {"limits": {"cpu": "1x"}},
    ],
    ids=lambda manifest: manifest.get("kind", "bare"),
)
def test_every_place_of_a_container(cli: Run, tmp_path: Path, manifest: dict[str, Any]) -> None:
    """The same in YAML and JSON."""
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(manifest))
    (tmp_path / "a.json").write_text(json.dumps(manifest, indent=1))
    finished = cli("check", "--format", "json", "a.yaml", "a.json")
    assert finished.returncode == 1
    found = findings(finished)
    assert [(f["file"], f["reason"], f["field"]) for f in found] == [
        ("a.yaml", "INVALID_QUANTITY", 'limits["cpu"]'),
        ("a.json", "INVALID_QUANTITY", 'limits["cpu"]'),
    ]
    for f in found:
        line = (tmp_path / f["file"]).read_text().splitlines()[f["line"] - 1]
        assert line[f["column"] - 1 :].strip('"').startswith("1x")


@pytest.mark.parametrize(
    "manifest",
    [
        # keys named resources, limits or containers that do not belong to a container
        {"apiVersion": "v1", "kind": "ConfigMap", "data": {"containers": "resources: {limits: {cpu: 1x}}"}},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "rules": [{"resources": ["pods"]}]},
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "spec": {"properties": {"containers": {"items": {"properties": {"resources": {"limits": {}}}}}}},
        },
        {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": ["a.yaml"]},
    ],
    ids=lambda manifest: manifest["kind"],
)
def test_only_containers_are_checked(cli: Run, tmp_path: Path, manifest: dict[str, Any]) -> None:
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(manifest))
    finished = cli("check", "a.yaml")
    assert (finished.returncode, finished.stdout) == (0, "")
    assert finished.stderr == "resources-py: no resources found in 1 file\n"


def test_anchors_and_merge_keys(cli: Run, tmp_path: Path) -> None:
    """An anchored stanza is reported once, at its anchor. Merged values count."""
    (tmp_path / "a.yaml").write_text(
        """\
apiVersion: v1
kind: Pod
metadata: {name: a, annotations: &small {cpu: 1}}
spec:
  containers:
  - name: a
    resources: &r
      limits: {cpu: 1x}
  - name: b
    resources: *r
  - name: c
    resources:
      requests: {cpu: 2}
      limits:
        <<: *small
        memory: 1Gi
"""
    )
    finished = cli("check", "--format", "json", "a.yaml")
    assert [(f["line"], f["reason"], f["subject"]) for f in findings(finished)] == [
        (8, "INVALID_QUANTITY", "Pod/a, container a"),
        (13, "REQUEST_ABOVE_LIMIT", "Pod/a, container c"),
    ]


# ---- messages

BAD = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
      - name: nginx
        resources:
          requests:
            cpu: 2
            memory: "123Mb"
            nvidia.com/gpu: 1
          limits:
            cpu: 1
            mem: 1Gi
      initContainers:
      - name: init
        resources: {limits: {memory: 100m, cpu: 010}, request: {}}
---
mem: 1Gi
memory: 1Gi
cpu: [1, x]
"""
SAID = [
    (12, 18, "error", "REQUEST_ABOVE_LIMIT", 'requests["cpu"]'),
    (13, 21, "error", "INVALID_QUANTITY", 'requests["memory"]'),
    (14, 29, "error", "LIMIT_REQUIRED", 'requests["nvidia.com/gpu"]'),
    (17, 13, "error", "UNKNOWN_KEY", 'limits["mem"]'),
    (20, 38, "warning", "FRACTIONAL_BYTES", 'limits["memory"]'),
    (20, 49, "warning", "NOT_DECIMAL", 'limits["cpu"]'),
    (20, 55, "error", "UNKNOWN_KEY", "request"),
    (23, 1, "error", "UNKNOWN_KEY", "memory"),
    (24, 10, "error", "INVALID_QUANTITY", "cpu[1]"),
]


def test_as_json(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD)
    finished = cli("check", "--format", "json", "bad.yaml")
    assert finished.returncode == 1
    found = findings(finished)
    assert [(f["line"], f["column"], f["severity"], f["reason"], f["field"]) for f in found] == SAID
    assert {f["subject"] for f in found} == {
        "Deployment/web, container nginx",
        "Deployment/web, init container init",
        "",
    }
    assert finished.stderr == "resources-py: 3 declarations in 1 file: 7 errors, 2 warnings\n"


def test_as_text(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD)
    finished = cli("check", "bad.yaml")
    lines = finished.stdout.splitlines()
    assert lines[4].startswith("bad.yaml:13:21: INVALID_QUANTITY requests[\"memory\"]: '123Mb' is not a quantity")
    assert "123Mi" in lines[4]
    assert lines[5:8] == [
        '   13 |             memory: "123Mb"',
        "      |                     ^^^^^^^",
        "    = in Deployment/web, container nginx",
    ]
    heads = [line.split(" ")[:2] for line in lines if line.startswith("bad.yaml")]
    assert heads == [
        [f"bad.yaml:{line}:{column}:", code if severity == "error" else "warning:"]
        for line, column, severity, code, _ in SAID
    ]


def test_as_github_annotations(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "a,b: 100%.yaml").write_text('cpu: "1%x"\nmem: 100m\n')
    (tmp_path / "bad.yaml").write_text(BAD)
    finished = cli("check", "--format", "github", "bad.yaml", "a,b: 100%.yaml")
    lines = finished.stdout.splitlines()
    assert len(lines) == len(SAID) + 1
    for line, (number, column, severity, code, _) in zip(lines[: len(SAID)], SAID, strict=True):
        assert line.startswith(f"::{severity} file=bad.yaml,line={number},col={column},title={code}::")
    assert lines[-1].startswith(
        "::error file=a%2Cb%3A 100%25.yaml,line=1,col=6,title=INVALID_QUANTITY::cpu: '1%25x' is"
    )


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_clean(cli: Run, tmp_path: Path, form: str) -> None:
    (tmp_path / "a.yaml").write_text("cpu: 1\n")
    finished = cli("check", "a.yaml", "--format", form)
    assert (finished.returncode, finished.stdout) == (0, "[]\n" if form == "json" else "")


def test_exit_codes(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "clean.yaml").write_text("cpu: 1\n")
    (tmp_path / "odd.yaml").write_text("mem: 100m\n")
    (tmp_path / "wrong.yaml").write_text("cpu: 1x\n")
    (tmp_path / "broken.yaml").write_text("cpu: [\n")
    assert cli("check", "clean.yaml").returncode == 0
    assert cli("check", "odd.yaml").returncode == 0
    assert cli("check", "--strict", "odd.yaml").returncode == 1
    assert cli("check", "wrong.yaml", "odd.yaml", "clean.yaml").returncode == 1
    for unreadable in ("broken.yaml", "nowhere.yaml"):
        finished = cli("check", unreadable, "wrong.yaml")
        assert finished.returncode == 2
        assert f"{unreadable}" in finished.stdout
        assert "wrong.yaml:1:6: INVALID_QUANTITY" in finished.stdout


# ---- other files


STANZA = """\
limits:
  cpu: 1
  hugepages-2Mi: 3Mi
  hugepages-x: 1
  nvidia.com/gpu: "1\\n"
  example.com/a: 0.5
  a/b/c: 1
  example.com/null:
  memory: true
requests: {example.com/b: 2, cpu: 2}
claims: {}
"""


def test_every_rule_of_a_stanza_has_its_place(cli: Run) -> None:
    """What is wrong with a name is at the key, what is wrong with a value at the value."""
    found = findings(cli("check", "--format", "json", stdin=STANZA))
    assert [(f["line"], f["column"], f["reason"], f["field"]) for f in found] == [
        (3, 18, "NOT_WHOLE", 'limits["hugepages-2Mi"]'),
        (4, 3, "UNKNOWN_KEY", 'limits["hugepages-x"]'),
        (5, 19, "INVALID_QUANTITY", 'limits["nvidia.com/gpu"]'),
        (6, 18, "NOT_WHOLE", 'limits["example.com/a"]'),
        (7, 3, "UNKNOWN_KEY", 'limits["a/b/c"]'),
        (8, 3, "NO_VALUE", 'limits["example.com/null"]'),
        (9, 11, "WRONG_TYPE", 'limits["memory"]'),
        (10, 27, "LIMIT_REQUIRED", 'requests["example.com/b"]'),
        (10, 35, "REQUEST_ABOVE_LIMIT", 'requests["cpu"]'),
        (11, 9, "WRONG_TYPE", "claims"),
    ]
    messages = {f["field"]: f["message"] for f in found}
    assert "whole number of example.com/a: write 1" in messages['limits["example.com/a"]']
    assert "request of example.com/b needs a limit" in messages['requests["example.com/b"]']


def test_constructor_files(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{\n  "cpu": [2, 1],\n  "mem": "1Gi",\n  "mem": "2Gi"\n}\n')
    (tmp_path / "b.json").write_text('{\n  "cpu": [2,\n    1],\n  "memory": 1,\n  "gpu": true\n}\n')
    (tmp_path / "c.jsonl").write_text('{"cpu": 1}\n\n{"cpu": "1x", "mem": [null, "1y"]}\n{"cpu": }\n{"mem": 1}\n')
    finished = cli("check", "--format", "json", "a.json", "b.json", "c.jsonl")
    assert finished.returncode == 1
    assert [(f["file"], f["line"], f["column"], f["reason"], f["field"]) for f in findings(finished)] == [
        ("a.json", 4, 3, "UNDECODABLE", "mem"),
        ("b.json", 2, 11, "REQUEST_ABOVE_LIMIT", "cpu[0]"),
        ("b.json", 4, 3, "UNKNOWN_KEY", "memory"),
        ("b.json", 5, 10, "WRONG_TYPE", "gpu"),
        ("c.jsonl", 3, 9, "INVALID_QUANTITY", "cpu"),
        ("c.jsonl", 3, 29, "INVALID_QUANTITY", "mem[1]"),
        ("c.jsonl", 4, 9, "UNDECODABLE", ""),
        ("c.jsonl", 5, 9, "TINY_MEMORY", "mem"),
    ]


def test_stdin_and_folders(cli: Run, tmp_path: Path) -> None:
    piped = cli("check", "-", stdin="cpu: 1x\n")
    assert piped.returncode == 1
    assert piped.stdout.startswith("<stdin>:1:6: INVALID_QUANTITY")
    assert cli("check", stdin="cpu: 1\n").returncode == 0
    deep = tmp_path / "k8s" / "base"
    deep.mkdir(parents=True)
    (deep / "pod.yml").write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Pod", "spec": POD}))
    # files that are not manifests are skipped
    (deep / "values.yaml").write_text("replicas: 3\n")
    (deep / "package.json").write_text('{"name": "x"}')
    (deep / "README.md").write_text("cpu: 1x\n")
    (tmp_path / "k8s" / ".hidden").mkdir()
    (tmp_path / "k8s" / ".hidden" / "broken.yaml").write_text("[")
    finished = cli("check", "k8s")
    assert finished.returncode == 1
    assert finished.stdout.startswith(f"{Path('k8s/base/pod.yml')}:")
    assert finished.stdout.count("INVALID_QUANTITY") == 1
    assert finished.stderr == "resources-py: 1 declaration in 1 file: 1 error (2 other files skipped)\n"
    named = cli("check", "k8s/base/values.yaml", "k8s/base/pod.yml", "k8s/base/package.json")
    assert (named.returncode, named.stdout, named.stderr) == (1, finished.stdout, finished.stderr)


def test_unreadable_input(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"cpu: \xff\n")
    (tmp_path / "b.yaml").write_text("kind: Pod\napiVersion: {\n")
    (tmp_path / "c.json").write_text('{"limits": {"cpu": 1,}}')
    finished = cli("check", "a.yaml", "b.yaml", "c.json", "nowhere.yaml", "b.yaml/x")
    assert finished.returncode == 2
    said = [line for line in finished.stdout.splitlines() if "UNREADABLE" in line]
    assert [line.split(" ")[:2] for line in said] == [
        ["a.yaml:1:", "UNREADABLE"],
        ["b.yaml:3:1:", "UNREADABLE"],
        ["c.json:1:22:", "UNREADABLE"],
        ["nowhere.yaml:", "UNREADABLE"],
        ["b.yaml/x:", "UNREADABLE"],
    ]
    assert "it is not UTF-8" in said[0]
    assert finished.stderr == "resources-py: 0 declarations in 5 files: 5 unreadable\n"


def test_a_broken_document_does_not_hide_the_others(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("cpu: 1x\n---\ncpu: [\n---\n# nothing\n--- # more\ncpu: 2x\n...\n")
    finished = cli("check", "--format", "json", "a.yaml")
    assert finished.returncode == 2
    assert [(f["line"], f["reason"]) for f in findings(finished)] == [
        (1, "INVALID_QUANTITY"),
        (4, "UNREADABLE"),
        (7, "INVALID_QUANTITY"),
    ]


def test_a_long_line_is_cut_around_the_place(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"cpu": 1, ' + " " * 5000 + '"mem": "1Gb"' + " " * 5000 + "}")
    finished = cli("check", "a.json")
    assert finished.returncode == 1
    _, shown, mark = finished.stdout.splitlines()
    assert len(shown) < 140
    assert shown[mark.index("^") : mark.rindex("^") + 1] == '"1Gb"'


def test_the_excerpt_copies_only_what_it_shows() -> None:
    """Of a long line, and of what is after the line."""
    line = '{"cpu": "1x", "' + "x" * 2**22 + '": 1}'
    place = Place("a.json", 2, 9, width=4)
    diagnostic = Diagnostic(
        place, "error", "INVALID_QUANTITY", "cpu", "bad", document=Document("a.json", f"\n{line}\n")
    )
    list(render_excerpt(diagnostic))  # finds the beginnings of the lines
    tracemalloc.start()
    try:
        _, shown, mark = [""] + ["".join(map(str, each)) for each in render_excerpt(diagnostic)]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert '"1x"' in shown
    assert "^^^^" in mark
    assert peak < 2**16


# ---- folders


def test_an_unreadable_folder_is_reported(cli: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its path is too long, so that even root cannot read it. The other files are checked."""
    (tmp_path / "k8s").mkdir()
    (tmp_path / "k8s" / "z.yaml").write_text("cpu: 1x\n")
    monkeypatch.chdir(tmp_path / "k8s")
    for _ in range(17):  # beyond PATH_MAX
        Path("d" * 250).mkdir()
        monkeypatch.chdir("d" * 250)
    finished = cli("check", "--format", "json", "k8s")
    assert finished.returncode == 2
    found = findings(finished)
    assert [(f["reason"], f["message"]) for f in found] == [("UNREADABLE", "File name too long")]
    assert found[0]["file"].startswith("k8s/ddd")
    assert finished.stderr == "resources-py: 0 declarations in 0 files: 1 unreadable (1 other file skipped)\n"


def test_only_regular_files_of_a_folder_are_read(cli: Run, tmp_path: Path) -> None:
    """A pipe or a device could be read forever. A broken link is an error, a link to a folder above is not followed."""
    folder = tmp_path / "k8s"
    folder.mkdir()
    (folder / "a.yaml").write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Pod", "spec": POD}))
    (folder / "b.yaml").symlink_to("a.yaml")
    (folder / "c.yaml").symlink_to("c.yaml")
    (folder / "d.yaml").symlink_to("nowhere")
    (folder / "e.yaml").symlink_to("/dev/zero")
    (folder / "f").symlink_to("..")
    (folder / "f.yaml").symlink_to("..")
    (folder / "g.yaml").mkdir()
    os.mkfifo(folder / "h.yaml")
    finished = cli("check", "--format", "json", "k8s")
    assert finished.returncode == 2
    assert [(f["file"], f["reason"]) for f in findings(finished)] == [
        ("k8s/a.yaml", "INVALID_QUANTITY"),
        ("k8s/b.yaml", "INVALID_QUANTITY"),
        ("k8s/c.yaml", "UNREADABLE"),
        ("k8s/d.yaml", "UNREADABLE"),
    ]
