"""The hook that this repository offers, run by pre-commit itself from a clone, in a repository of a user."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]

POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: shop}}
spec:
  containers:
  - name: nginx
    resources:
      limits: {{memory: {}}}
"""
OTHERS = {  # that are YAML or JSON, and hold no resources
    ".github/workflows/ci.yaml": "on: push\njobs:\n  test:\n    runs-on: ${{ matrix.os }}\n    strategy: {matrix: {os: [a]}}\n",
    "package.json": '{"name": "shop", "scripts": {}}\n',
    "tsconfig.json": '{\n  // a comment\n  "compilerOptions": {}\n}\n',
    "empty.yaml": "",
    "list.json": "[1, 2]\n",
}
TEMPLATE = "apiVersion: v1\nkind: Pod\n{{- with .Values.annotations }}\nmetadata:\n  annotations: {{ . }}\n{{- end }}\n"


class Repository(NamedTuple):
    """A user's repository."""

    folder: Path
    environment: dict[str, str]

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        self.run("git", "add", "--all")

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True)

    def check(self) -> tuple[int, list[str]]:
        """Run the hook; return pre-commit's exit code, and what the hook printed."""
        finished = self.run(sys.executable, "-m", "pre_commit", "run", "--all-files", "--color", "never")
        lines = [line for line in finished.stdout.splitlines() if not line.startswith(("[INFO]", "- "))]
        assert lines, finished.stderr
        assert lines[0].startswith("Check the resources of Kubernetes manifests....")
        return finished.returncode, [line for line in lines[1:] if line]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("clone")
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    return str(folder)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps the hook's environment: it is made once."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def repository(clone: str, home: Path, tmp_path: Path) -> Repository:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHON", "PRE_COMMIT"))}
    repository = Repository(tmp_path, {**own, "PRE_COMMIT_HOME": str(home), "GIT_CONFIG_GLOBAL": os.devnull})
    repository.run("git", "init", "--quiet")
    revision = subprocess.run(["git", "rev-parse", "HEAD"], cwd=clone, capture_output=True, text=True, check=True)
    hook = "{id: resources-py, verbose: true, args: [--exclude, charts/old]}"
    config = f"repos:\n- repo: {clone}\n  rev: {revision.stdout.strip()}\n  hooks:\n  - {hook}\n"
    repository.write({".pre-commit-config.yaml": config})
    return repository


def test_a_mistake_fails_the_commit(repository: Repository) -> None:
    """At its line and column; with Windows' line endings too. Files of other kinds do not matter."""
    unix, windows = POD.format("123Mb"), POD.format("1Gb").replace("\n", "\r\n")
    repository.write({"k8s/unix.yaml": unix, "k8s/windows.yaml": windows, **OTHERS})
    code, printed = repository.check()
    assert code == 1
    assert [line for line in printed if line.startswith("k8s/")] == [
        "k8s/unix.yaml:8:24: INVALID_QUANTITY limits[\"memory\"]: '123Mb' is not a quantity: did you mean 123M or 123Mi?",
        "k8s/windows.yaml:8:24: INVALID_QUANTITY limits[\"memory\"]: '1Gb' is not a quantity: did you mean 1G or 1Gi?",
    ]
    assert printed[1:4] == [
        "    8 |       limits: {memory: 123Mb}",
        "      |                        ^^^^^",
        "    = in Pod/web, container nginx",
    ]


def test_a_repository_without_mistakes_passes(repository: Repository) -> None:
    good = {"k8s/unix.yaml": POD.format("1Gi"), "k8s/windows.yaml": POD.format("1Gi").replace("\n", "\r\n")}
    excluded = {"charts/old/pod.yaml": POD.format("1Gb")}
    repository.write({**good, **OTHERS, **excluded, "charts/new/templates/pod.yaml": TEMPLATE})
    code, printed = repository.check()
    assert code == 0, printed
    assert any("charts/new/templates/pod.yaml" in line and "template" in line for line in printed)
    assert not any("error" in line or "unreadable" in line for line in printed)


def test_a_repository_without_manifests_passes(repository: Repository) -> None:
    repository.write(OTHERS)
    code, printed = repository.check()
    assert code == 0, printed
    assert "no resources found" in printed[-1]
