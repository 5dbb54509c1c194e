"""Write N pods as `kubectl get pods -A -o json` prints them, in each form that `check` reads.

    python benchmarks/pods.py --pods 50000 --form list build/pods.json

A name that ends in .gz is compressed. One seed gives the same pods in every form. The pods of a workload differ in
their names, addresses, times and the like, as replicas do, so a workload's text is rendered once; nothing else is held.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import yaml

Object = dict[str, Any]


def _uuid(rnd: random.Random) -> str:
    digits = f"{rnd.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], "4" + digits[13:16], "8" + digits[17:20], digits[20:]))


# What differs between the replicas of a workload: the text that stands for it, and how it is drawn. Each has the type
# and the length of what replaces it, so that YAML quotes both alike.
_VARYING: Final[dict[str, Callable[[random.Random], str]]] = {
    "zqzqz": lambda rnd: "".join(rnd.choices("bcdfghjklmnpqrstvwxz", k=5)),
    "00000000-1111-4222-8333-444444444444": _uuid,
    "7070707071": lambda rnd: str(rnd.randint(10**9, 2**31)),
    "10.99.99.99": lambda rnd: f"10.{rnd.randint(0, 98)}.{rnd.randint(0, 255)}.{rnd.randint(1, 254)}",
    "node-zqzq": lambda rnd: f"node-{rnd.randint(0, 9999):04}",
    "2026-01-01T00:00:07Z": lambda rnd: (
        f"2026-{rnd.randint(2, 9):02}-{rnd.randint(1, 28):02}T00:{rnd.randint(10, 59)}:07Z"
    ),
    "f" * 64: lambda rnd: f"{rnd.getrandbits(256):064x}",
}
_NAME, _UID, _VERSION, _ADDRESS, _NODE, _TIME, _HASH = _VARYING
_INDENT: Final = 4
_APPS: Final = ("frontend", "checkout", "inventory", "payments", "search", "notifier", "ledger", "ingest", "gateway")
_WRONG: Final = {"limits": {"cpu": "2", "memory": "512MB"}, "requests": {"cpu": "250m", "memory": "256Mi"}}


def pods(count: int, seed: int, render: Callable[[Object], str], *, wrong_every: int = 0) -> Iterator[str]:
    """Yield the text of each pod; the memory of every `wrong_every`-th is not a quantity."""
    rnd, number = random.Random(seed), 0
    while number < count:
        pod = _pod(rnd, number)
        right, wrong = render(pod), render(_mistaken(pod)) if wrong_every else ""
        for _ in range(min(rnd.randint(1, 40), count - number)):
            number += 1
            yield _replica(wrong if wrong_every and number % wrong_every == 0 else right, rnd)


def _mistaken(pod: Object) -> Object:
    first, *others = pod["spec"]["containers"]
    return {**pod, "spec": {**pod["spec"], "containers": [{**first, "resources": _WRONG}, *others]}}


def _replica(text: str, rnd: random.Random) -> str:
    for standing_in, draw in _VARYING.items():
        text = text.replace(standing_in, draw(rnd))
    return text


# ---- one pod


def _pod(rnd: random.Random, number: int) -> Object:
    app = f"{rnd.choice(_APPS)}-{number}"
    name = f"{app}-{rnd.getrandbits(36):09x}-{_NAME}"
    labels = {
        "app.kubernetes.io/component": "server",
        "app.kubernetes.io/instance": app,
        "app.kubernetes.io/managed-by": "Helm",
        "app.kubernetes.io/name": app,
        "pod-template-hash": name.split("-")[-2],
    }
    spec = _spec(rnd, app)
    owner = {"apiVersion": "apps/v1", "blockOwnerDeletion": True, "controller": True, "kind": "ReplicaSet"}
    metadata = {
        "annotations": {
            "checksum/config": f"{rnd.getrandbits(256):064x}",
            "prometheus.io/port": "9090",
            "prometheus.io/scrape": "true",
        },
        "creationTimestamp": _TIME,
        "generateName": name.removesuffix(_NAME),
        "generation": 1,
        "labels": labels,
        "name": name,
        "namespace": f"team-{rnd.randint(0, 40)}",
        "ownerReferences": [{**owner, "name": name.removesuffix(f"-{_NAME}"), "uid": _uuid(rnd)}],
        "resourceVersion": _VERSION,
        "uid": _UID,
    }
    status = _status(spec)
    metadata["managedFields"] = [
        _managed("kube-controller-manager", {"metadata": {"labels": labels}, "spec": spec}),
        {**_managed("kubelet", {"status": status}), "subresource": "status"},
    ]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status}


def _spec(rnd: random.Random, app: str) -> Object:
    sidecars = rnd.sample(["istio-proxy", "fluent-bit", "cloud-sql-proxy"], rnd.choice([0, 0, 0, 0, 0, 1, 1, 2]))
    secret = {"secretName": f"{app}-tls", "defaultMode": 420}
    token = {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}
    root = {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}}
    evicted = {"effect": "NoExecute", "operator": "Exists", "tolerationSeconds": 300}
    return {
        "containers": [_container(rnd, app, app), *(_container(rnd, app, name) for name in sidecars)],
        "dnsPolicy": "ClusterFirst",
        "enableServiceLinks": True,
        "initContainers": [_container(rnd, app, "migrate")] if rnd.random() < 0.2 else [],
        "nodeName": _NODE,
        "preemptionPolicy": "PreemptLowerPriority",
        "priority": 0,
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {"fsGroup": 2000, "runAsNonRoot": True, "runAsUser": 1000},
        "serviceAccountName": app,
        "terminationGracePeriodSeconds": rnd.choice([30, 60]),
        "tolerations": [{**evicted, "key": f"node.kubernetes.io/{why}"} for why in ("not-ready", "unreachable")],
        "volumes": [
            {"configMap": {"defaultMode": 420, "name": f"{app}-config"}, "name": "config"},
            {"name": "tls", "secret": secret},
            {"emptyDir": {"sizeLimit": rnd.choice(["500Mi", "1Gi", "2G"])}, "name": "scratch"},
            {"name": "kube-api-access", "projected": {"defaultMode": 420, "sources": [token, root]}},
        ],
    }


def _container(rnd: random.Random, app: str, name: str) -> Object:
    cpu, memory = rnd.randint(1, 40) * 50, rnd.randint(1, 64) * 64
    probe = {"failureThreshold": 3, "periodSeconds": 10, "successThreshold": 1, "timeoutSeconds": 1}
    mounts = [("/etc/app", "config"), ("/etc/tls", "tls"), ("/tmp/scratch", "scratch")]
    resources = {
        "limits": {"cpu": str(cpu // 1000 + 1), "memory": f"{memory * 2}Mi"},
        "requests": {"cpu": f"{cpu}m", "ephemeral-storage": rnd.choice(["1Gi", "500M"]), "memory": f"{memory}Mi"},
    }
    own = {"apiVersion": "v1", "fieldPath": "metadata.name"}
    used = {"containerName": name, "divisor": "0", "resource": "limits.memory"}
    values = {f"{app}-{key}".upper().replace("-", "_"): f"value-{rnd.getrandbits(32):08x}" for key in ("url", "mode")}
    return {
        "args": ["--config=/etc/app/config.yaml", f"--log-level={rnd.choice(['info', 'warn'])}"],
        "env": [
            *({"name": key, "value": value} for key, value in values.items()),
            {"name": "POD_NAME", "valueFrom": {"fieldRef": own}},
            {"name": "MEMORY_LIMIT", "valueFrom": {"resourceFieldRef": used}},
        ],
        "image": f"registry.example.com/{app}/{name}:v{rnd.randint(1, 9)}.{rnd.randint(0, 30)}.{rnd.randint(0, 9)}",
        "imagePullPolicy": "IfNotPresent",
        "livenessProbe": {**probe, "httpGet": {"path": "/healthz", "port": "http", "scheme": "HTTP"}},
        "name": name,
        "ports": [{"containerPort": rnd.choice([8080, 9090]), "name": "http", "protocol": "TCP"}],
        "readinessProbe": {**probe, "httpGet": {"path": "/ready", "port": "http", "scheme": "HTTP"}},
        "resources": resources,
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"mountPath": path, "name": volume} for path, volume in mounts],
    }


def _status(spec: Object) -> Object:
    conditions = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    ended = {"containerID": f"containerd://{_HASH}", "exitCode": 0, "finishedAt": _TIME, "reason": "Completed"}

    def states(containers: list[Object], state: Object) -> list[Object]:
        return [
            {
                "containerID": f"containerd://{_HASH}",
                "image": each["image"],
                "imageID": f"{each['image'].rpartition(':')[0]}@sha256:{_HASH}",
                "lastState": {},
                "name": each["name"],
                "ready": True,
                "resources": each["resources"],
                "restartCount": 0,
                "started": True,
                "state": state,
            }
            for each in containers
        ]

    return {
        "conditions": [
            {"lastProbeTime": None, "lastTransitionTime": _TIME, "status": "True", "type": each} for each in conditions
        ],
        "containerStatuses": states(spec["containers"], {"running": {"startedAt": _TIME}}),
        "hostIP": _ADDRESS,
        "hostIPs": [{"ip": _ADDRESS}],
        "initContainerStatuses": states(spec["initContainers"], {"terminated": ended}),
        "phase": "Running",
        "podIP": _ADDRESS,
        "podIPs": [{"ip": _ADDRESS}],
        "qosClass": "Burstable",
        "startTime": _TIME,
    }


def _managed(manager: str, fields: Object) -> Object:
    kept = {"apiVersion": "v1", "fieldsType": "FieldsV1", "manager": manager, "operation": "Update", "time": _TIME}
    return {**kept, "fieldsV1": _fields(fields)}


def _fields(value: Any, depth: int = 2) -> Object:
    """Return which fields a value sets, in the form of `fieldsV1`."""
    if not depth:
        return {}
    if isinstance(value, list):
        keyed = (
            (key, each) for each in value if isinstance(each, dict) for key in ("name", "type", "ip") if key in each
        )
        return {f'k:{{"{key}":"{each[key]}"}}': {".": {}, **_fields(each, depth - 1)} for key, each in keyed}
    if not isinstance(value, dict):
        return {}
    return {f"f:{key}": _fields(each, depth - 1) for key, each in value.items()}


# ---- the forms


class Form(NamedTuple):
    """How each pod is rendered, and what stands around and between them."""

    render: Callable[[Object], str]
    start: str = ""
    separator: str = ""
    end: str = ""


def _indented(pod: Object) -> str:
    text = json.dumps(pod, indent=_INDENT, sort_keys=True)
    return text.replace("\n", "\n" + " " * 2 * _INDENT)


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        """Write out what stands in two places twice, as kubectl does."""
        return True


def _yaml(value: Any) -> str:
    text: str = yaml.dump(value, Dumper=_Dumper, default_flow_style=False, width=10_000)
    return text


FORMS: Final = {
    "list": Form(
        _indented,
        '{\n    "apiVersion": "v1",\n    "items": [\n        ',
        ",\n        ",
        '\n    ],\n    "kind": "List",\n    "metadata": {\n        "resourceVersion": ""\n    }\n}\n',
    ),
    "jsonl": Form(lambda pod: json.dumps(pod, sort_keys=True, separators=(",", ":")) + "\n"),
    "stream": Form(_yaml, separator="---\n"),
    "yaml-list": Form(
        lambda pod: _yaml([pod]), "apiVersion: v1\nitems:\n", end='kind: List\nmetadata:\n  resourceVersion: ""\n'
    ),
}


def write(path: Path, form: str, count: int, *, seed: int = 1, wrong_every: int = 0) -> None:
    """Write pods to a file."""
    render, start, separator, end = FORMS[form]
    with closing(_opened(path)) as file:
        file.write(start)
        for number, text in enumerate(pods(count, seed, render, wrong_every=wrong_every)):
            file.write(separator + text if number else text)
        file.write(end)


def _opened(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "wt", compresslevel=1, encoding="utf-8", newline="\n")
    return path.open("w", encoding="utf-8", newline="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--pods", type=int, default=1_000)
    parser.add_argument("--form", choices=FORMS, default="list")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wrong-every", type=int, default=0, metavar="N", help="a mistake in every Nth pod")
    arguments = parser.parse_args()
    write(arguments.output, arguments.form, arguments.pods, seed=arguments.seed, wrong_every=arguments.wrong_every)


if __name__ == "__main__":
    main()
