"""The limits that the help states: beyond them, input is rejected in one line without using memory."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
MEBIBYTE = 2**20
LARGEST = 16 * MEBIBYTE


def test_a_line(cli: Run) -> None:
    def line(size: int) -> bytes:
        return b'{"cpu": 1' + b" " * (size - 11) + b"}\n"

    stream = line(LARGEST) + line(LARGEST + 2) + b'{"cpu": 2}\n' + b"x" * (2 * LARGEST)
    finished = cli("convert", "--from", "jsonl", "--to", "jsonl", stdin=stream)
    assert (finished.returncode, finished.stdout) == (1, '{"cpu": 1}\n{"cpu": 2}\n')
    assert finished.stderr.splitlines() == [
        "<stdin>:2: UNDECODABLE the line is longer than 16 MiB",
        "<stdin>:4: UNDECODABLE the line is longer than 16 MiB",
    ]


def test_a_record(cli: Run) -> None:
    def record(size: int) -> bytes:
        # an unknown field of this many bytes, with its tag and length
        data = b"\x7a" + varint(size - 5) + b"x" * (size - 5)
        return varint(len(data)) + data

    def varint(number: int) -> bytes:
        data = bytearray()
        while number >= 0x80:
            data.append(number & 0x7F | 0x80)
            number >>= 7
        return bytes([*data, number])

    stream = record(LARGEST) + varint(LARGEST + 1) + b"x" * (LARGEST + 1) + b"\x00"
    finished = cli("convert", "--from", "delimited", "--to", "jsonl", stdin=stream)
    assert finished.returncode == 1
    assert finished.stdout == "{}\n{}\n", finished.stderr
    assert finished.stderr == "<stdin>:record 2: UNDECODABLE the record is longer than 16 MiB\n"


@pytest.mark.parametrize("form", ["json", "yaml", "kubernetes", "manifest", "protojson", "txtpb", "binpb"])
def test_a_document(cli: Run, form: str) -> None:
    finished = cli("convert", "--from", form, "--to", "jsonl", stdin=b" " * (16 * MEBIBYTE) + b"{}")
    assert (finished.returncode, finished.stdout) == (1, "")
    assert "larger than 16 MiB" in finished.stderr


def test_a_document_in_check(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("cpu: 1x\n---\n" + "# filler\n" * (2 * MEBIBYTE) + "---\ncpu: 2x\n")
    finished = cli("check", "a.yaml")
    assert finished.returncode == 2
    assert [line.split(" ")[:2] for line in finished.stdout.splitlines() if line.startswith("a.yaml")] == [
        ["a.yaml:1:6:", "INVALID_QUANTITY"],
        ["a.yaml:2:", "UNREADABLE"],
        [f"a.yaml:{2 * MEBIBYTE + 4}:6:", "INVALID_QUANTITY"],
    ]
    assert "it is larger than 16 MiB" in finished.stdout


@pytest.mark.parametrize("deep", [201, 100_000])
@pytest.mark.parametrize(
    ("form", "opening", "closing"), [("jsonl", "[", "]"), ("json", '{"cpu":', "}"), ("yaml", "[", "]")]
)
def test_depth(cli: Run, form: str, opening: str, closing: str, deep: int) -> None:
    text = opening * deep + "1" + closing * deep
    finished = cli("convert", "--from", form, "--to", "json", stdin=text)
    assert (finished.returncode, finished.stdout) == (1, "")
    assert "nested deeper than 200 levels" in finished.stderr


def test_brackets_in_text_do_not_count_as_depth(cli: Run) -> None:
    finished = cli("convert", "--from", "jsonl", "--to", "json", stdin='{"cpu": 1, "' + "[" * 500 + '": 1}')
    assert finished.returncode == 1
    assert "UNKNOWN_KEY" in finished.stderr


@pytest.mark.parametrize("form", ["protojson", "txtpb"])
def test_depth_of_protobuf_forms(cli: Run, form: str) -> None:
    text = '{"requests":' * 5000 if form == "protojson" else "requests {" * 5000
    finished = cli("convert", "--from", form, "--to", "json", stdin=text)
    assert (finished.returncode, finished.stdout) == (1, "")
    assert "UNDECODABLE" in finished.stderr


def test_number_of_values(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[" + "1," * 1_000_000 + "1]")
    finished = cli("check", "a.json")
    assert finished.returncode == 2
    assert "holds more than 1,000,000 values" in finished.stdout


def laughs(count: int, separator: str = "\n") -> str:
    """Return lists of which each repeats the previous one ten times."""
    return separator.join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, count + 1))


CONTAINER = "{name: c, image: i, resources: {limits: {cpu: 1x}}}"
BOMBS = {
    "aliases": f"a0: &a0 [1]\n{laughs(8)}\ncpu: *a8\n",
    "aliases of a custom resource": f"apiVersion: x.io/v1\nkind: X\na0: &a0 [1]\n{laughs(19)}\n",
    "merge keys": "limits: &a {"
    + ", ".join(f"k{n}: 1" for n in range(2_000))
    + "}\n"
    + "b:\n"
    + "- {<<: *a}\n" * 2_000,
    "merge keys of lists": "a0: &a0 {x: 1}\n"
    + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}], k{n}: 1}}\n" for n in range(1, 190)),
    "merge keys in a chain": "a0: &a0 {x: 1}\n"
    + "".join(f"a{n}: &a{n} {{<<: *a{n - 1}, k{n}: 1}}\n" for n in range(1, 2_000)),
    "nested merge keys": "a: " + "{<<: " * 190 + "{" + ", ".join(f"k{n}: 1" for n in range(2_000)) + "}" + "}" * 190,
    "shared containers": "apiVersion: v1\nkind: List\nitems:\n"
    + f"- {{kind: Pod, apiVersion: v1, spec: {{containers: &c [{', '.join([CONTAINER] * 500)}]}}}}\n"
    + "- {kind: Pod, apiVersion: v1, spec: {containers: *c}}\n" * 500,
    "shared lists of objects": f"l0: &l0 {{kind: Pod, apiVersion: v1, spec: {{containers: [{CONTAINER}]}}}}\n"
    + "".join(
        f"l{n}: &l{n} {{kind: List, apiVersion: v1, items: [{', '.join([f'*l{n - 1}'] * 9)}]}}\n" for n in range(1, 40)
    )
    + "kind: List\napiVersion: v1\nitems: [*l39]\n",
}


@pytest.mark.parametrize(
    "command", [["check"], ["convert", "--to", "jsonl", "--from", "manifest"]], ids=["check", "convert"]
)
@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_few_values_do_not_stand_for_many(cli: Run, tmp_path: Path, text: str, command: list[str]) -> None:
    (tmp_path / "a.yaml").write_text(text)
    finished = cli(*command, "a.yaml")
    assert finished.returncode == (2 if command == ["check"] else 1)
    assert "its aliases and merge keys repeat more than 100,000 values" in finished.stdout + finished.stderr


def test_repeated_values(cli: Run, tmp_path: Path) -> None:
    for count, code in ((1_000, 0), (1_001, 2)):
        head = f"apiVersion: x.io/v1\nkind: X\na: &a [{'1, ' * 99}]\nb:\n"
        (tmp_path / "a.yaml").write_text(head + "- *a\n" * count)
        assert cli("check", "a.yaml").returncode == code


@pytest.mark.parametrize("text", ["cpu: *nowhere\n", "cpu: &a [*a]\n", "? [1, 2]\n: 3\n", "<<: 1\ncpu: 1\n"])
def test_yaml_that_holds_together_badly(cli: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    finished = cli("check", "a.yaml")
    assert finished.returncode == 2
    assert "a.yaml:1:" in finished.stdout


@pytest.mark.parametrize(
    "command", [["check"], ["show", "--from", "yaml"], ["convert", "--to", "json", "--from", "yaml"]]
)
@pytest.mark.parametrize("key", ["cpu", "x", "limits", "claims"])
def test_values_behind_aliases_are_rejected(cli: Run, tmp_path: Path, command: list[str], key: str) -> None:
    (tmp_path / "a.yaml").write_text(f"cpu: 1\na0: &a0 {{x: 1}}\n{laughs(4)}\n{key}: *a4\n")
    (tmp_path / "b.yaml").write_text(f"limits:\n  cpu: &a0 [1]\n  b: {{{laughs(4, ', ')}}}\n  memory: *a4\n")
    for name in ("a.yaml", "b.yaml"):
        finished = cli(*command, name)
        assert finished.returncode == 1
        assert "repeat more than" not in finished.stdout + finished.stderr


@pytest.mark.parametrize("command", [["check"], ["convert", "--to", "jsonl"]], ids=["check", "convert"])
def test_quotes_and_brackets_in_an_open_text(cli: Run, tmp_path: Path, command: list[str]) -> None:
    """Quadratic time would take far longer than the fixture allows: a regular expression is not seen as calls."""
    (tmp_path / "a.jsonl").write_text('{"cpu": "' + "{" * 300 + '\\"' * 500_000)
    finished = cli(*command, "a.jsonl")
    assert finished.returncode == 1
    assert "UNDECODABLE" in finished.stdout + finished.stderr
