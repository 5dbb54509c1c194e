"""Send real declarations through the jobs service and show each one as declared, as bytes, and as a Pod.

Run it with `make demo`.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from client import submit

from resources_py import Resources, ResourcesError

HERE = Path(__file__).resolve().parent
MANIFESTS = HERE.parent / "manifests"
FLYTESNACKS = "flyteorg/flytesnacks"


@dataclass(frozen=True)
class Declaration:
    name: str
    source: str
    text: str  # Python code, or the file name of a manifest


DECLARATIONS = [
    Declaration(
        "train",
        FLYTESNACKS,
        'Resources.from_requests_and_limits(requests={"cpu": "1", "mem": "200Mi"}, '
        'limits={"cpu": "2", "mem": "350Mi"})',
    ),
    Declaration("convert", FLYTESNACKS, 'Resources.from_requests_and_limits(limits={"mem": "2000M"})'),
    Declaration(
        "preprocess",
        FLYTESNACKS,
        'Resources.from_requests_and_limits(limits={"cpu": "2", "mem": "150Mi", "ephemeral_storage": "500Mi"})',
    ),
    Declaration("finetune", FLYTESNACKS, 'Resources(mem="32Gi", cpu="48", gpu="8", ephemeral_storage="100Gi")'),
    Declaration("notebook", "a pair: request and limit", 'Resources(cpu=("500m", 2), mem="1Gi")'),
    Declaration("vllm", "kubernetes/examples", "vllm-deployment.yaml"),
    Declaration("selenium", "kubernetes/examples", "selenium-hub-deployment.yaml"),
    Declaration("mysql", "kubernetes/examples", "mysql.yaml"),
    Declaration("newrelic", "kubernetes/examples", "newrelic-daemonset.yaml"),
    Declaration("storm", "kubernetes/examples", "storm-worker-controller.yaml"),
    Declaration("exclusive-2", "kubernetes/examples", "exclusive-2.yaml"),
    Declaration("typo", "a mistake that is found where it is written", 'Resources(cpu="1", mem="123Mb")'),
    Declaration(
        "request-only",
        f"{FLYTESNACKS}; a GPU without a limit, which Kubernetes rejects",
        "Resources.from_requests_and_limits("
        'requests={"mem": "32Gi", "cpu": "48", "gpu": "8", "ephemeral_storage": "100Gi"})',
    ),
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--server-command", metavar="COMMAND", help="command that runs the Go server (default: run the Python server)"
    )
    command = parser.parse_args().server_command
    outcomes: list[str] = []
    with serving(shlex.split(command) if command else [sys.executable, str(HERE / "server.py")]) as target:
        print(f"The jobs server in {'Go' if command else 'Python'} answers.")
        for declaration in DECLARATIONS:
            outcomes.append(show(declaration, target))
    pods, here, there = (outcomes.count(outcome) for outcome in ("pod", "refused here", "refused there"))
    print(f"\n{pods} pods came back, {here} declaration was refused before it was sent, {there} by the server.")
    return 0


@contextmanager
def serving(command: list[str]) -> Iterator[str]:
    """Run the server on a free loopback port and yield its address."""
    with subprocess.Popen([*command, "--address", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            line = server.stdout.readline().split()
            if line[:2] != ["listening", "on"]:
                raise SystemExit(f"{command[0]} does not listen")
            yield line[2]
        finally:
            server.terminate()


def show(declaration: Declaration, target: str) -> str:
    """Print what becomes of one declaration, and return the outcome."""
    print(f"\n{declaration.name}  ({declaration.source})")
    with warnings.catch_warnings(record=True) as noticed:
        warnings.simplefilter("always")
        try:
            resources = declare(declaration.text)
        except ResourcesError as error:
            for violation in error.violations:
                line("refused", f"{violation.field}: {violation.description} [{violation.reason}]")
            return "refused here"
    for warning in noticed:
        line("warning", str(warning.message))
    line("bytes", bytes(resources).hex(" "))
    try:
        pod = json.loads(submit(target, declaration.name, "registry.example/train:1", resources))
    except ResourcesError as error:
        line("refused", "by the server:")
        for violation in error.violations:
            line("", f"{violation.field}: {violation.description} [{violation.reason}]")
        return "refused there"
    stanza = pod["spec"]["containers"][0]["resources"]
    for label, side in zip(("pod", ""), (side for side in ("requests", "limits") if side in stanza), strict=False):
        line(label, f"{side + ':':10}" + ", ".join(f"{name} {amount}" for name, amount in stanza[side].items()))
    return "pod"


def declare(text: str) -> Resources:
    """Evaluate Python code, or read a manifest with one container."""
    if not text.endswith(".yaml"):
        line("declared", text)
        return eval(text, {"Resources": Resources})  # type: ignore[no-any-return]  # only the texts above
    manifest = yaml.safe_load((MANIFESTS / text).read_text())
    spec = manifest["spec"].get("template", manifest)["spec"]
    (container,) = (container for container in spec["containers"] if "resources" in container)
    line("declared", f"{text}: {flow(container['resources'])}")
    return Resources.from_kubernetes(container["resources"])


def flow(stanza: dict[str, dict[str, object]]) -> str:
    text: str = yaml.safe_dump(stanza, default_flow_style=True, sort_keys=False, width=10**6)
    return text.strip()


def line(label: str, text: str) -> None:
    print(textwrap.fill(text, 100, initial_indent=f"  {label:10}", subsequent_indent=" " * 12, break_on_hyphens=False))


if __name__ == "__main__":
    sys.exit(main())
