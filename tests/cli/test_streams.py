"""Input of any size: the same findings from every form of the same pods, in memory that does not grow."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import tracemalloc
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from resources_py.cli._main import run as run_command

Run = Callable[..., "subprocess.CompletedProcess[str]"]
COUNT: Final = 400
FORMS: Final = (
    "list.json",
    "compact.json",
    "kind-first.json",
    "lines.jsonl",
    "lines.json",
    "documents.json",
    "stream.yaml",
    "list.yaml",
    "separated.yaml",
)


def pod(number: int) -> dict[str, Any]:
    """Return a pod of about a kilobyte; every tenth has one thing wrong."""
    memory = "256Mb" if number % 10 == 3 else "256Mi"
    resources = {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m", "memory": memory}}
    env = [{"name": f"VARIABLE_{n}", "value": "x" * 20} for n in range(12)]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"web-{number}", "namespace": "shop"},
        "spec": {"containers": [{"name": "main", "image": "i", "env": env, "resources": resources}]},
    }


class NoAliases(yaml.CSafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


def to_yaml(value: object) -> str:
    return yaml.dump(value, Dumper=NoAliases, sort_keys=False)


def write(form: str, count: int) -> str:
    """Return so many pods in a form."""
    pods = [pod(number) for number in range(count)]
    if form == "stream.yaml":
        return "---\n".join(map(to_yaml, pods))
    if form == "separated.yaml":  # JSON documents, as kubectl reads them too
        return "\n---\n".join(map(json.dumps, pods))
    if form.startswith("lines"):
        return "".join(json.dumps(each) + "\n" for each in pods)
    if form == "documents.json":
        return "\n".join(json.dumps(each, indent=2) for each in pods)
    if form == "kind-first.json":
        return json.dumps({"kind": "List", "apiVersion": "v1", "items": pods}, indent=2)
    whole = {"apiVersion": "v1", "items": pods, "kind": "List", "metadata": {"resourceVersion": ""}}
    if form == "list.yaml":
        return to_yaml(whole)
    return json.dumps(whole, indent=None if form == "compact.json" else 4)


def test_the_same_findings_from_every_form(cli: Run, tmp_path: Path) -> None:
    """Each at its own place, read from a file, and compressed from a pipe."""
    for form in FORMS:
        text = write(form, COUNT)
        assert len(text) > 2**18
        (tmp_path / form).write_text(text)
        for name in (form, "-"):
            finished = cli("check", "--format", "json", name, stdin=gzip.compress(text.encode(), 1))
            assert finished.returncode == 1
            assert finished.stderr == "resources-py: 400 declarations in 1 file: 40 errors\n", (form, name)
            found = json.loads(finished.stdout)
            assert [(f["reason"], f["field"], f["subject"]) for f in found] == [
                ("INVALID_QUANTITY", 'requests["memory"]', f"Pod/web-{number}, container main")
                for number in range(3, COUNT, 10)
            ]
            lines = text.split("\n")
            for f in found:
                assert re.match('"?256Mb', lines[f["line"] - 1][f["column"] - 1 :]), (form, f)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_told_and_converted(cli: Run, tmp_path: Path, form: str) -> None:
    (tmp_path / form).write_text(write(form, COUNT))
    for name in (form, "-"):
        finished = cli("convert", name, "--to", "jsonl", stdin=(tmp_path / form).read_bytes())
        assert finished.returncode == 1
        assert " as manifest, by its " in finished.stderr.splitlines()[0]
        found = [json.loads(line) for line in finished.stdout.splitlines()]
        assert [each["name"] for each in found] == [f"web-{n}" for n in range(COUNT) if n % 10 != 3]
        assert all(each["resources"] == {"cpu": ["500m", "1"], "mem": ["256Mi", "1Gi"]} for each in found)
        assert finished.stderr.count("INVALID_QUANTITY") == COUNT // 10


# ---- memory


def peak(path: Path) -> int:
    """Return the most bytes that `check` holds at a time."""
    tracemalloc.start()
    try:
        with open(os.devnull, "w") as nothing, redirect_stdout(nothing), redirect_stderr(nothing):
            assert run_command(["check", "--format", "json", str(path)]) in (0, 1, 2)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture(autouse=True, scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What is imported late is not counted."""
    for form in FORMS:
        path = tmp_path_factory.mktemp("small") / form
        path.write_text(write(form, 2))
        peak(path)


@pytest.mark.parametrize("form", [*FORMS, "list.json.gz"])
def test_memory_does_not_grow(tmp_path: Path, form: str) -> None:
    peaks = []
    for count in (500, 1_500):
        text = write(form.removesuffix(".gz"), count).encode()
        path = tmp_path / form
        path.write_bytes(gzip.compress(text, 1) if form.endswith(".gz") else text)
        del text
        peaks.append(peak(path))
    assert peaks[1] < 1.1 * peaks[0] + 2**18
    assert max(peaks) < 8 * 2**20


def test_gzip_that_holds_too_much(cli: Run, tmp_path: Path) -> None:
    """The limit of an item counts what is decompressed; none of it counts for a file."""
    path = tmp_path / "a.json.gz"
    path.write_bytes(gzip.compress(b'{"a": "' + b"x" * 2**27 + b'"}', 1))
    assert path.stat().st_size < 2**20
    assert peak(path) < 5 * 2**24
    finished = cli("check", path)
    assert finished.returncode == 2
    assert "UNREADABLE it is larger than 16 MiB" in finished.stdout


# Without the time of the compression: it would be in the test's name, which each process must find alike.
@pytest.mark.parametrize("data", [b"\x1f\x8b", gzip.compress(b"cpu: 1\n", mtime=0)[:-1], b"\x1f\x8b" + b"x" * 99])
def test_gzip_that_is_damaged(cli: Run, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.gz").write_bytes(data)
    (tmp_path / "b.yaml").write_text("cpu: 1x\n")
    finished = cli("check", "a.gz", "b.yaml")
    assert finished.returncode == 2
    assert "a.gz: UNREADABLE the gzip data is damaged: " in finished.stdout
    assert "b.yaml:1:6: INVALID_QUANTITY" in finished.stdout
    shown = cli("show", "--from", "yaml", "a.gz")
    assert shown.returncode == 2
    assert shown.stderr.startswith("resources-py: the gzip data is damaged: ")


def test_gzip_in_parts(cli: Run) -> None:
    data = gzip.compress(b"cpu: 1x\n---\n") + gzip.compress(b"cpu: 2x\n")
    finished = cli("check", "-", stdin=data)
    assert finished.stdout.count("INVALID_QUANTITY") == 2


# ---- lists


def test_a_duplicate_key_in_an_item_is_found(cli: Run, tmp_path: Path) -> None:
    text = write("list.json", COUNT).replace('"cpu": "500m"', '"cpu": "400m", "cpu": "500m"')
    (tmp_path / "a.json").write_text(text)
    found = json.loads(cli("check", "--format", "json", "a.json").stdout)
    assert sum(f["reason"] == "DUPLICATE_KEY" for f in found) == COUNT


def test_a_large_podlist(cli: Run, tmp_path: Path) -> None:
    """Its items name neither kind nor version."""
    items = [{key: value for key, value in pod(n).items() if key not in ("kind", "apiVersion")} for n in range(COUNT)]
    head = {"kind": "PodList", "apiVersion": "v1"}
    (tmp_path / "a.json").write_text(json.dumps({**head, "items": items}))
    (tmp_path / "b.json").write_text(json.dumps({"items": items, **head}))
    (tmp_path / "c.yaml").write_text(to_yaml({**head, "items": items}))
    for name in ("a.json", "b.json", "c.yaml"):
        finished = cli("check", name)
        assert finished.stderr == "resources-py: 400 declarations in 1 file: 40 errors\n"
        assert "= in Pod/web-3, container main" in finished.stdout


def test_json_lines_of_declarations_are_still_read(cli: Run, tmp_path: Path) -> None:
    text = '{"cpu": 1}\n{"cpu": "1x"}\n'
    for name in ("a.jsonl", "a.json", "a.ndjson"):
        (tmp_path / name).write_text(text)
        finished = cli("check", name)
        assert finished.returncode == 1
        assert finished.stdout.startswith(f"{name}:2:9: INVALID_QUANTITY")
