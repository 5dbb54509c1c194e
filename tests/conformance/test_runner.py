"""`resources-py conformance`: our servers and the port conform, and each mutant of the port does not."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import subprocess
import sys
import tomllib
from contextlib import aclosing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from resources_py.cli.conformance import program, service
from resources_py.cli.conformance.cases import Case, Observation, load, without
from resources_py.cli.terminal import Failure

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PORT, SERVER = ((HERE / name).read_text("utf-8") for name in ("port.py", "port_server.py"))
PROGRAM = [sys.executable, str(HERE / "port.py")]
MUTANTS = tomllib.loads((HERE / "mutants.toml").read_text("utf-8"))["mutant"]
CASES = {suite: without(load(suite, None), ["arithmetic"]) for suite in ("resolve", "quantity", "declare")}


def conformance(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "resources_py", "conformance", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


# ---- ours


@pytest.mark.parametrize("language", ["Python", "Go"])
def test_our_servers_conform(language: str, launch: Any, python_server: list[str], request: Any) -> None:
    command = (
        python_server
        if language == "Python"
        else [str(request.getfixturevalue("go_server")), "--address", "127.0.0.1:0"]
    )
    with launch(command) as (_, address):
        done = conformance("--target", address, "--timeout", "60")
    count = len(CASES["resolve"]) + 1  # the end of the stream
    assert done.stdout == f"{count} cases, {count} passed, 0 deviating, 0 failing, 0 skipped\n"
    assert (done.returncode, done.stderr) == (0, "")


# ---- the port


@pytest.mark.parametrize("suite", ["quantity", "declare"])
def test_the_port_conforms(suite: str) -> None:
    lacks = ["--lacks", "arithmetic"] if suite == "quantity" else []
    done = conformance("--suite", suite, "--timeout", "60", *lacks, "--json", "--", *PROGRAM)
    report = json.loads(done.stdout)
    assert report["failed"] == []
    assert report["passed"] == report["cases"] == len(CASES[suite])
    assert done.returncode == 0


def test_the_port_serves() -> None:
    assert asyncio.run(serves(SERVER))


# ---- mutants


def module(source: str) -> Any:
    made = ModuleType("mutant")
    exec(compile(source, "<mutant>", "exec"), vars(made))
    return made


PREFIXED = module(SERVER).prefixed


def answer(port: Any, suite: str, case: Case) -> dict[str, Any]:
    """Return the answer of a port, as the runner compares it."""
    if suite == "declare":
        return program.comparable(port.declare(case.asked["arguments"]), case.expected)
    if suite == "quantity":
        return program.comparable(port.describe(case.asked["text"]), case.expected)
    try:
        resources, violations = port.resolve(bytes.fromhex(case.asked["hex"]))
    except port.UndecodableError:
        return {"status": "INTERNAL"}
    if violations:
        return {"status": "INVALID_ARGUMENT", "violations": port.as_json(violations)}
    return {"status": "OK", "answer": PREFIXED(0x0A, resources).hex()}


def conforms(suite: str, port: Any) -> bool:
    try:
        return all(answer(port, suite, case) == case.expected for case in CASES[suite])
    except Exception:  # most mutants are wrong before they crash
        return False


async def serves(server_source: str) -> bool:
    """Whether the port conforms behind this server."""
    server = module(server_source).Server(module(PORT))
    address = await server.start()
    try:
        async with aclosing(service.observe(address, CASES["resolve"], 10.0)) as observations:
            async for observation in observations:
                if observation.got != observation.expected:
                    return False
        return True
    except Failure:  # it does not answer at all
        return False
    finally:
        await server.stop()


@pytest.mark.parametrize("mutant", MUTANTS, ids=[f"{n}-{m['suite']}" for n, m in enumerate(MUTANTS)])
def test_mutants_are_caught(mutant: dict[str, str]) -> None:
    """`old` is in one of the two files once, and is replaced by `new`."""
    old, new = mutant["old"], mutant["new"]
    assert PORT.count(old) + SERVER.count(old) == 1
    if old in PORT:
        passes = conforms(mutant["suite"], module(PORT.replace(old, new)))
    else:
        passes = asyncio.run(serves(SERVER.replace(old, new)))
    assert passes is ("equivalent" in mutant), mutant["sentence"]


def test_each_mutant_breaks_a_sentence_of_the_specification() -> None:
    documents = ["proto/resourceidl/v1/resources.proto", "proto/resourceidl/service/v1/resources_service.proto"]
    documents += ["docs/reference/constructor.md"]
    specification = ""
    for name in documents:
        text = re.sub(r"^ *//", "", (ROOT / name).read_text("utf-8"), flags=re.M)
        specification += re.sub(r"[\s|]+", " ", text)
    for mutant in MUTANTS:
        assert mutant["sentence"] in specification or mutant["sentence"].startswith("proto3: "), mutant["sentence"]


# ---- the command


def test_report_and_deviations(tmp_path: Path) -> None:
    wrong = PORT.replace("value > 256", "value > 255")
    (tmp_path / "wrong.py").write_text(wrong, "utf-8")
    ask = ["--suite", "declare", "--timeout", "60"]
    known = tmp_path / "known.toml"

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        return conformance(*ask, *options, "--", sys.executable, tmp_path / "wrong.py")

    done = run()
    assert done.returncode == 1
    assert "warn-cpu-not-256 (program):\n  expected {" in done.stdout
    assert done.stdout.endswith(
        f"{len(CASES['declare'])} cases, {len(CASES['declare']) - 2} passed, 0 deviating, 2 failing, 0 skipped\n"
    )

    known.write_text("[declare]\nwarn-cpu-not-256 = 'we warn earlier'\ntext-float-not-huge = 'likewise'\n")
    done = run("--deviations", str(known), "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 0
    assert (report["deviating"], report["failing"], report["failed"]) == (2, 0, [])
    assert report["deviations"][0] == {"case": "warn-cpu-not-256", "reason": "we warn earlier"}

    known.write_text("[declare]\nwarn-cpu-not-256 = 'x'\ntext-float-not-huge = 'y'\ncpu-int = 'z'\nnosuch = 'z'\n")
    done = run("--deviations", str(known))
    assert done.returncode == 1
    assert "cpu-int: known to deviate, but deviates no longer\n" in done.stdout
    assert "nosuch: known to deviate, but is not a case of this run\n" in done.stdout

    done = run("--lacks", "float", "--json")
    skipped = sum("float" in case.needs for case in CASES["declare"])
    assert json.loads(done.stdout)["skipped"] == skipped > 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--suite", "declare", "--", "true"], "true: the program ended without an answer to 'cpu-str-whole'"),
        (["--suite", "declare", "--", "/no/such/program"], "/no/such/program: No such file or directory"),
        (["--suite", "declare", "--timeout", "0.2", "--", "sleep", "60"], "sleep: no answer to 'cpu-str-whole'"),
        (["--target", "127.0.0.1:1"], "127.0.0.1:1: UNAVAILABLE: "),
        (["--suite", "declare", "--vectors", "/nowhere", "--", "cat"], "/nowhere/declare.jsonl: No such file"),
        (["--target", "127.0.0.1:1", "--deviations", "/nowhere"], "/nowhere: No such file or directory"),
        (["--suite", "declare"], "pass --target for the suite resolve, and PROGRAM for quantity and declare"),
        (["--suite", "resolve", "--", "cat"], "pass --target for the suite resolve, and PROGRAM"),
    ],
)  # fmt: skip
def test_what_cannot_be_done(arguments: list[str], message: str) -> None:
    done = conformance(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_silent_server() -> None:
    """It is hung up on."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        done = conformance("--target", "{}:{}".format(*silent.getsockname()), "--timeout", "0.5")
    assert done.returncode == 2
    assert "no answer to cpu-whole" in done.stderr


@pytest.mark.parametrize("line", ["[]", "1", "no JSON", '{"wire": "00", "warnings": []}', "{}"])
def test_answers_that_are_none(line: str) -> None:
    case = Case("a", {"arguments": {}}, {"wire": "", "warnings": []})

    async def ask() -> Observation:
        command = ["sh", "-c", f"read line; echo '{line}'"]
        async with aclosing(program.observe(command, [case], 60.0)) as observations:
            return await anext(observations)

    assert asyncio.run(ask()).got != case.expected


def test_vectors_from_a_folder(tmp_path: Path) -> None:
    row = {"tag": "one", "arguments": {"cpu": "str:1"}, "wire": "00", "warnings": []}
    (tmp_path / "declare.jsonl").write_text(json.dumps(row) + "\n")
    done = conformance("--suite", "declare", "--vectors", tmp_path, "--json", "--", *PROGRAM)
    assert json.loads(done.stdout)["failed"][0]["expected"] == {"wire": "00", "warnings": []}
    (tmp_path / "declare.jsonl").write_text("{}\n")
    done = conformance("--suite", "declare", "--vectors", tmp_path, "--", *PROGRAM)
    assert (done.returncode, done.stderr) == (
        2,
        f"resources-py: {tmp_path}/declare.jsonl: not the vectors of the suite declare\n",
    )
