"""``resources-py convert``: every format, streams, and errors in them."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from google.protobuf import json_format, text_format

from resourceidl.v1 import resources_pb2 as pb
from resources_py import Resources

Run = Callable[..., "subprocess.CompletedProcess[str]"]

DECLARED = Resources(cpu=("500m", 2), mem="1Gi", gpu=1, ephemeral_storage=(None, "10Gi"))
FILES = {
    "json": "a.json",
    "jsonl": "a.jsonl",
    "yaml": "a.yaml",
    "kubernetes": "k.yaml",
    "kubernetes-json": "k.json",
    "protojson": "p.json",
    "protojsonl": "p.jsonl",
    "txtpb": "a.txtpb",
    "binpb": "a.binpb",
    "delimited": "a.delimited",
}


def content(form: str, text: bytes) -> Resources:
    """Read the command's output without the command's own readers."""
    if form in ("json", "jsonl"):
        return Resources.from_json(text)
    if form == "yaml":
        return Resources.from_dict(yaml.safe_load(text))
    if form in ("kubernetes", "kubernetes-json"):
        return Resources.from_kubernetes(yaml.safe_load(text))
    if form in ("protojson", "protojsonl"):
        return Resources.from_proto(json_format.Parse(text, pb.Resources()))
    if form == "txtpb":
        return Resources.from_proto(text_format.Parse(text, pb.Resources()))
    if form == "delimited":
        assert text[0] == len(text) - 1
        text = text[1:]
    return Resources.from_bytes(text)


def test_every_form_to_every_form(cli: Run, tmp_path: Path) -> None:
    """Each format is detected from name and content, and all have the same content."""
    (tmp_path / "a.json").write_text(DECLARED.to_json())
    for form, name in FILES.items():
        finished = cli("convert", "a.json", "--to", form, "-o", name if form != "json" else "again.json")
        assert finished.returncode == 0, finished.stderr
        assert content(form, (tmp_path / name).read_bytes()) == DECLARED, form
    told = {**{form: form for form in FILES}, "kubernetes-json": "kubernetes"}
    for form, name in FILES.items():
        finished = cli("convert", name, "--to", "jsonl")
        assert finished.returncode == 0, finished.stderr
        assert finished.stderr.startswith(f"resources-py: reading {name} as {told[form]}, by "), finished.stderr
        assert Resources.from_json(finished.stdout) == DECLARED


@pytest.mark.parametrize("form", ["json", "jsonl", "yaml", "kubernetes", "protojson", "protojsonl"])
def test_told_by_content_alone(cli: Run, tmp_path: Path, form: str) -> None:
    written = cli("convert", "--cpu", "500m,2", "--mem", "1Gi", "--to", form)
    assert written.returncode == 0
    data = written.stdout.encode("utf-8", "surrogateescape")
    finished = cli("convert", "--to", "jsonl", stdin=data * 2 if form in ("jsonl", "protojsonl") else data)
    assert finished.returncode == 0, finished.stderr
    told = "jsonl" if form == "json" else form  # on a pipe, more lines may follow
    assert f"reading <stdin> as {told}, by its content" in finished.stderr
    assert {Resources.from_json(line) for line in finished.stdout.splitlines()} == {
        Resources(cpu=("500m", 2), mem="1Gi")
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("-", "\n\t\n\x03cpu"),  # the bytes of a message have no keys of their own
        ("-", 'requests {\n  name: CPU\n  value: "1"\n}\n'),
        ("a.txt", "hello: world\n"),
        ("a.yaml", "[1, 2]\n"),
        ("-", ""),
        ("a.json", '{"replicas": 3}'),
        ("a.dat", "\x01\x02\x03"),
    ],
)
def test_format_that_cannot_be_detected(cli: Run, tmp_path: Path, name: str, text: str) -> None:
    if name != "-":
        (tmp_path / name).write_text(text)
    finished = cli("convert", name, "--to", "json", stdin=text)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert "cannot detect the format" in finished.stderr
    assert "pass --from" in finished.stderr


def test_values_stay_as_they_are_written(cli: Run, tmp_path: Path) -> None:
    """If the format has numbers, they are kept; otherwise they are canonical."""
    (tmp_path / "a.json").write_text(
        '{"cpu": [0.5, "+1.50"], "mem": 1073741824, "gpu": "1", "ephemeral_storage": null}'
    )
    as_yaml = cli("convert", "a.json", "--to", "yaml")
    assert as_yaml.stdout == 'cpu: [0.5, "+1.50"]\nmem: 1073741824\ngpu: "1"\n'
    as_json = cli("convert", "--from", "yaml", "--to", "json", stdin=as_yaml.stdout)
    assert json.loads(as_json.stdout) == {"cpu": [0.5, "+1.50"], "mem": 1073741824, "gpu": "1"}
    stanza = cli("convert", "a.json", "--to", "kubernetes-json")
    assert json.loads(stanza.stdout)["requests"] == {"cpu": "500m", "memory": "1073741824", "nvidia.com/gpu": "1"}


@pytest.mark.filterwarnings("ignore::resources_py.ResourcesWarning")
@pytest.mark.parametrize("text", ["1e3", "010", "2", "500m", "1Gi", "1E", ".5", "+1", "0.5", "-0", "00"])
def test_yaml_text_stays_text(cli: Run, text: str) -> None:
    """1e3 is quoted, because YAML readers disagree about it."""
    finished = cli("convert", "--from", "json", "--to", "yaml", stdin=json.dumps({"cpu": text}))
    assert yaml.safe_load(finished.stdout) == {"cpu": text}
    again = cli("convert", "--from", "yaml", "--to", "json", stdin=finished.stdout)
    assert json.loads(again.stdout) == {"cpu": text}
    assert Resources.from_json(again.stdout) == Resources(cpu=text)


def test_yaml_numbers_match_kubectl(cli: Run) -> None:
    finished = cli("convert", "--from", "yaml", "--to", "jsonl", stdin="cpu: 010\n---\ncpu: 1e3\n---\ncpu: 1_000\n")
    assert finished.stdout == '{"cpu": 8}\n{"cpu": 1000.0}\n{"cpu": 1000}\n'


def test_the_same_place_in_every_command(cli: Run, tmp_path: Path) -> None:
    """An error is at the same line and column in `check`, `show` and `convert`."""
    files = {
        "a.json": ('{\n  "cpu": [2,\n    1],\n  "memory": 1\n}\n', {"2:11 REQUEST_ABOVE_LIMIT", "4:3 UNKNOWN_KEY"}),
        "b.jsonl": ('{"mem": "1Gi"}\n{"cpu": 1, "mem": "1Gb"}\n', {"2:19 INVALID_QUANTITY"}),
        "c.yaml": ("cpu: 1\ncpu: 2\n---\ngpu: [1, 0.5]\n", {"2:1 UNDECODABLE", "4:10 WRONG_TYPE"}),
        "d.yaml": (
            "limits:\n  cpu: 1\n  memory: 1Gb\n  mem: 1\nrequests: {cpu: 2}\n",
            {"3:11 INVALID_QUANTITY", "4:3 UNKNOWN_KEY", "5:17 REQUEST_ABOVE_LIMIT"},
        ),
    }
    for name, (text, expected) in files.items():
        (tmp_path / name).write_text(text)
        for command in (["check"], ["show"], ["convert", "--to", "jsonl"]):
            finished = cli(*command, name)
            assert finished.returncode == 1
            printed = finished.stdout if command == ["check"] else finished.stderr
            found = {" ".join(m) for m in re.findall(rf"^{name}:([0-9:]+): ([A-Z_]+)", printed, re.MULTILINE)}
            assert found == expected, (command, name, printed)


# ---- streams


def test_a_bad_line_in_the_middle(cli: Run, tmp_path: Path) -> None:
    """Valid lines are written in order. Each invalid line is reported with its number."""
    good = [json.dumps({"cpu": number}) for number in range(1, 101)]
    bad = {
        10: b'{"cpu": "1x"}',
        20: b"not json",
        30: b'{"cpu": 1, "cpu": 2}',
        40: b'{"cpu": NaN}',
        50: b'{"memory": 1}',
        60: b"[1]",
        70: b"\xff\xfe",
        80: b'{"cpu": [2, 1], "mem": "1Mb"}',
        90: b'{"mem": ' + b"9" * 5000 + b"}",
    }
    lines = [bad.get(number, line.encode()) for number, line in enumerate(good, 1)]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join([*lines, b"", b"  "]))
    finished = cli("convert", "a.jsonl", "--to", "jsonl")
    assert finished.returncode == 1
    assert finished.stdout.splitlines() == [line for number, line in enumerate(good, 1) if number not in bad]
    said = [line.split()[:2] for line in finished.stderr.splitlines()[1:]]
    assert said == [
        ["a.jsonl:10:9:", "INVALID_QUANTITY"],
        ["a.jsonl:20:1:", "UNDECODABLE"],
        ["a.jsonl:30:12:", "UNDECODABLE"],
        ["a.jsonl:40:9:", "UNDECODABLE"],
        ["a.jsonl:50:2:", "UNKNOWN_KEY"],
        ["a.jsonl:60:1:", "WRONG_TYPE"],
        ["a.jsonl:70:", "UNDECODABLE"],
        ["a.jsonl:80:10:", "REQUEST_ABOVE_LIMIT"],
        ["a.jsonl:80:24:", "INVALID_QUANTITY"],
        ["a.jsonl:90:", "UNDECODABLE"],
    ]


def delimited(*records: bytes) -> bytes:
    assert all(len(record) < 128 for record in records)
    return b"".join(bytes([len(record)]) + record for record in records)


def test_a_bad_record_in_the_middle(cli: Run) -> None:
    good = bytes(Resources(cpu=1))
    wrong = pb.Resources(requests=[pb.Resources.ResourceEntry(name=1, value="1x")]).SerializeToString()
    finished = cli("convert", "--from", "delimited", "--to", "jsonl", stdin=delimited(good, wrong, b"", b"\xff", good))
    assert finished.returncode == 1
    assert finished.stdout.splitlines() == ['{"cpu": "1"}', "{}", '{"cpu": "1"}']
    assert [line.split(" ")[:3] for line in finished.stderr.splitlines()] == [
        ["<stdin>:record", "2:", "INVALID_QUANTITY"],
        ["<stdin>:record", "4:", "UNDECODABLE"],
    ]


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (b"\x0a\x01", "9 of them are missing"),
        (b"\x80", "the stream ends within a length"),
        (b"\xff" * 10, "its length is not a varint"),
        (b"\xff\xff\xff\xff\x7f", "are missing"),
    ],
)
def test_a_broken_end(cli: Run, end: bytes, said: str) -> None:
    """The readable items are written."""
    good = bytes(Resources(cpu=1))
    finished = cli("convert", "--from", "delimited", "--to", "jsonl", stdin=delimited(good, good) + end)
    assert finished.returncode == 1
    assert finished.stdout == '{"cpu": "1"}\n' * 2
    assert finished.stderr.startswith("<stdin>:record 3: UNDECODABLE ")
    assert said in finished.stderr


@pytest.mark.filterwarnings("ignore::resources_py.ResourcesWarning")
def test_round_trip(cli: Run, tmp_path: Path) -> None:
    declared = [
        *(Resources(cpu=(f"{n}m", n + 1), mem=f"{n}Gi") for n in range(1, 500)),
        Resources(),
        Resources(cpu="1e3"),
        Resources(gpu=(None, 2), ephemeral_storage="31.25Ki"),
        Resources(cpu=(None, 1), mem=("1Gi", None)),
    ]
    (tmp_path / "a.jsonl").write_text("".join(r.to_json() + "\n" for r in declared))
    assert cli("convert", "a.jsonl", "-o", "a.delimited").returncode == 0
    assert cli("convert", "a.delimited", "-o", "b.jsonl").returncode == 0
    back = (tmp_path / "b.jsonl").read_text().splitlines()
    assert [Resources.from_json(line) for line in back] == declared
    assert cli("convert", "b.jsonl", "-o", "b.delimited").returncode == 0
    assert (tmp_path / "b.delimited").read_bytes() == (tmp_path / "a.delimited").read_bytes()


def test_long_records(cli: Run) -> None:
    """A length prefix of more than one byte. Unknown fields of a message do not count as entries."""
    record = bytes(Resources(cpu=1)) + b"\x7a\xff\x01" + b"x" * 255  # field 15, unknown
    stream = bytes([len(record) & 127 | 128, len(record) >> 7]) + record
    finished = cli("convert", "--from", "delimited", "--to", "jsonl", stdin=stream * 3)
    assert (finished.returncode, finished.stdout) == (0, '{"cpu": "1"}\n' * 3)


def test_warnings_are_messages(cli: Run) -> None:
    lines = '{"mem": "100m"}\n' + '{"mem": 1024}\n' * 50
    finished = cli("convert", "--from", "jsonl", "--to", "jsonl", stdin=lines)
    assert finished.returncode == 0
    assert len(finished.stdout.splitlines()) == 51
    said = finished.stderr.splitlines()
    assert said[0].startswith("<stdin>:1:9: warning: FRACTIONAL_BYTES mem: ")
    assert sum("TINY_MEMORY mem" in line for line in said) == 20
    assert said[-1] == "resources-py: 30 more warnings of TINY_MEMORY are not shown"


def test_python_warnings_do_not_matter(cli: Run) -> None:
    finished = cli("convert", "--mem", "100m", "--to", "json", env={"PYTHONWARNINGS": "error"})
    assert (finished.returncode, finished.stdout) == (0, '{"mem": "100m"}\n')


def test_byte_order_marks_and_line_ends(cli: Run) -> None:
    finished = cli("convert", "--from", "jsonl", "--to", "jsonl", stdin=b'\xef\xbb\xbf{"cpu": 1}\r\n{"cpu": 2}\r\n')
    assert (finished.returncode, finished.stdout) == (0, '{"cpu": 1}\n{"cpu": 2}\n')
    text = "limits:\r\n  cpu: 1\r\n"
    for encoding in ("utf-8-sig", "utf-16"):
        finished = cli("convert", "--from", "kubernetes", "--to", "json", stdin=text.encode(encoding))
        assert (finished.returncode, finished.stdout) == (0, '{"cpu": [null, "1"]}\n'), encoding


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"cpu": 1}'),
        ("a.jsonl", '{"cpu": 1}'),
        ("a.yaml", "cpu: 1"),
        ("manifest.json", '{"kind": "Pod", "apiVersion": "v1", "spec": {"containers": [{}]}}'),
        ("protojson.json", '{"requests": [{"name": "CPU", "value": "1"}]}'),
        ("a.txtpb", 'requests { name: CPU value: "1" }'),
    ],
)
def test_every_command_reads_a_byte_order_mark(cli: Run, tmp_path: Path, name: str, text: str, encoding: str) -> None:
    (tmp_path / name).write_bytes(text.encode(encoding))
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / name).write_text(text)
    for command in (["check"], ["show", "--json"], ["convert", "--to", "jsonl"]):
        plain, marked = (cli(*command, file) for file in (f"plain/{name}", name))
        expected = (
            plain.returncode,
            plain.stdout.replace(f"plain/{name}", name),
            plain.stderr.replace(f"plain/{name}", name),
        )
        assert (marked.returncode, marked.stdout, marked.stderr) == expected, command
        assert plain.returncode == 0 or command == ["check"]


def test_long_files_are_told_by_their_beginning(cli: Run, tmp_path: Path) -> None:
    """Even if `kind` comes last, as in a List that kubectl writes."""
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "c", "image": "i"}]}}
    manifest = {"apiVersion": "v1", "items": [pod] * 1000, "kind": "List"}
    (tmp_path / "list.json").write_text(json.dumps(manifest, indent=4))
    (tmp_path / "list.yaml").write_text(yaml.dump(manifest, Dumper=NoAliases))
    (tmp_path / "many.txt").write_text('{"cpu": 1}\n' * 10_000)
    for name, form, count in (
        ("list.json", "manifest", 1000),
        ("list.yaml", "manifest", 1000),
        ("many.txt", "jsonl", 10_000),
    ):
        assert (tmp_path / name).stat().st_size > 2**16
        finished = cli("convert", name, "--to", "jsonl")
        assert finished.returncode == 0
        assert f"reading {name} as {form}, by its" in finished.stderr
        assert finished.stdout.count("\n") == count


class NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


def test_json_lines_under_the_name_of_json(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"cpu": 1}\n{"cpu": 2}\n')
    finished = cli("convert", "a.json", "--to", "jsonl")
    assert (finished.returncode, finished.stdout) == (0, '{"cpu": 1}\n{"cpu": 2}\n')
    assert "reading a.json as jsonl" in finished.stderr


# ---- formats of one item and of many


@pytest.mark.parametrize("form", ["json", "protojson", "txtpb", "binpb", "kubernetes-json"])
def test_many_do_not_go_where_one_goes(cli: Run, form: str) -> None:
    finished = cli("convert", "--from", "jsonl", "--to", form, stdin='{"cpu": 1}\n{"cpu": 2}\n')
    assert (finished.returncode, finished.stdout) == (2, "")
    assert f"{form} holds one" in finished.stderr


def test_many_documents(cli: Run) -> None:
    as_yaml = cli("convert", "--from", "jsonl", "--to", "yaml", stdin='{"cpu": 1}\n{}\n{"mem": "1Gi"}\n')
    assert as_yaml.stdout == "cpu: 1\n---\n{}\n---\nmem: 1Gi\n"
    back = cli("convert", "--from", "yaml", "--to", "jsonl", stdin=as_yaml.stdout)
    assert back.stdout == '{"cpu": 1}\n{}\n{"mem": "1Gi"}\n'
    stanzas = cli("convert", "--from", "jsonl", "--to", "kubernetes", stdin='{"gpu": [1, null]}\n{"cpu": [null, 1]}\n')
    assert stanzas.returncode == 1
    assert stanzas.stdout == 'limits:\n  cpu: "1"\n'
    assert stanzas.stderr.startswith("<stdin>:1: LIMIT_REQUIRED")


def test_a_bad_document_among_good_ones(cli: Run) -> None:
    text = "cpu: 1\n---\ncpu: [\n---\ncpu: 1\ncpu: 2\n---\n\n---\ncpu: 1x\n---\ncpu: 2\n"
    finished = cli("convert", "--from", "yaml", "--to", "jsonl", stdin=text)
    assert finished.returncode == 1
    assert finished.stdout == '{"cpu": 1}\n{"cpu": 2}\n'
    said = [line.split(" ")[:2] for line in finished.stderr.splitlines()]
    assert said == [
        ["<stdin>:4:1:", "UNDECODABLE"],
        ["<stdin>:6:1:", "UNDECODABLE"],
        ["<stdin>:10:6:", "INVALID_QUANTITY"],
    ]


def test_manifest_yields_one_item_per_container(cli: Run, manifests: Path) -> None:
    finished = cli("convert", manifests / "microservices-demo.yaml", "--to", "jsonl")
    assert finished.returncode == 0
    assert len(finished.stdout.splitlines()) == 13
    assert json.loads(finished.stdout.splitlines()[0]) == {
        "kind": "Deployment",
        "name": "frontend",
        "container": "server",
        "role": "container",
        "resources": {"cpu": ["100m", "200m"], "mem": ["64Mi", "128Mi"]},
    }


def test_a_stanza_under_its_key(cli: Run) -> None:
    finished = cli("convert", "--to", "json", stdin="resources:\n  limits: {cpu: 2}\n  requests:\n")
    assert (finished.returncode, finished.stdout) == (0, '{"cpu": [null, "2"]}\n')


# ---- files


def test_output_may_replace_the_input(cli: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"mem": "1Gi", "cpu": 1}\n' * 10_000)
    path.chmod(0o640)
    assert cli("convert", path, "-o", path).returncode == 0
    assert path.read_text() == '{"cpu": 1, "mem": "1Gi"}\n' * 10_000
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["a.jsonl"]


def test_output_is_written_atomically(cli: Run, tmp_path: Path) -> None:
    finished = cli("convert", "--from", "jsonl", "--to", "json", "-o", "a.json", stdin='{"cpu": 1}\n{"cpu": 2}\n')
    assert finished.returncode == 2
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.json", "--to", "json"], "resources-py: nowhere.json: No such file or directory\n"),
        ([".", "--to", "json"], "resources-py: no resources found in 0 files\n"),
        (["--cpu", "1", "-o", "no/such/a.json"], "resources-py: no/such/a.json: No such file or directory\n"),
    ],
)
def test_files_that_cannot_be_opened(cli: Run, arguments: list[str], said: str) -> None:
    finished = cli("convert", *arguments)
    assert (finished.returncode, finished.stdout, finished.stderr) == (2, "", said)


def test_output_to_a_special_file(cli: Run) -> None:
    finished = cli("convert", "--cpu", "1", "--to", "json", "-o", "/dev/null")
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "")
    finished = cli("convert", "--cpu", "1", "--to", "json", "-o", "-")
    assert (finished.returncode, finished.stdout) == (0, '{"cpu": "1"}\n')


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_leaves_no_temporary_file(
    as_module: list[str], environment: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    (tmp_path / "a.jsonl").write_text("old\n")
    process = subprocess.Popen(
        [*as_module, "convert", "--from", "jsonl", "-o", "a.jsonl"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=tmp_path,
    )
    assert process.stdin is not None
    assert process.stderr is not None
    with process:
        process.stdin.write(b'{"cpu": "1x"}\n')
        process.stdin.flush()
        assert b"INVALID_QUANTITY" in process.stderr.readline()  # now it waits for more
        assert len(os.listdir(tmp_path)) == 2
        process.send_signal(number)
        assert process.stderr.read().strip() == b""
    assert process.returncode == 128 + number
    assert os.listdir(tmp_path) == ["a.jsonl"]
    assert (tmp_path / "a.jsonl").read_text() == "old\n"


def test_a_new_file_has_the_permissions_of_the_umask(cli: Run, tmp_path: Path) -> None:
    assert cli("convert", "--cpu", "1", "-o", "a.json").returncode == 0
    (tmp_path / "b.json").touch()
    assert (tmp_path / "a.json").stat().st_mode == (tmp_path / "b.json").stat().st_mode
