"""The command in general: help, exit codes, missing extras, broken pipes, interrupts."""

from __future__ import annotations

import importlib.metadata
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
COMMANDS = ("show", "convert", "check", "total", "resolve", "serve", "conformance", "schema", "completion")


def test_both_ways_to_start_it(cli: Run, as_script: list[str]) -> None:
    expected = f"resources-py {importlib.metadata.version('resources-py')}\n"
    for command in (None, as_script):
        finished = cli("--version", command=command)
        assert (finished.returncode, finished.stdout, finished.stderr) == (0, expected, "")


def test_help_names_every_command(cli: Run) -> None:
    finished = cli("--help")
    assert finished.returncode == 0
    assert re.findall(r"^  (\w+) +[A-Z]", finished.stdout, re.MULTILINE) == list(COMMANDS)
    assert "has at most 16 MiB" in finished.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_has_an_example(cli: Run, command: str) -> None:
    finished = cli(command, "-h")
    assert finished.returncode == 0
    assert re.search(rf"Example:\n  .*resources-py {command}", finished.stdout)


@pytest.mark.parametrize("command", ["check", "show"])
def test_help_of_a_reader_has_only_what_it_reads(cli: Run, command: str) -> None:
    formats = cli(command, "--help").stdout.partition("Formats:\n")[2]
    rejected = cli(command, "--from", "nothing", "x").stderr
    assert re.findall(r"^ +([a-z-]+)  ", formats, re.MULTILINE) == re.findall(r"'([a-z-]+)'[,.]", rejected)
    assert "only)" not in formats


@pytest.mark.parametrize("command", ["convert", "resolve"])
def test_help_of_a_writer_tells_what_is_only_written(cli: Run, command: str) -> None:
    formats = cli(command, "--help").stdout.partition("Formats:\n")[2]
    assert re.search(r"^ +kubernetes-json .*\(write only\)$", formats, re.MULTILINE)
    assert re.search(r"^ +manifest .*\(read only\)$", formats, re.MULTILINE)


def test_without_arguments(cli: Run) -> None:
    finished = cli()
    assert (finished.returncode, finished.stdout) == (2, "")
    assert "Usage:" in finished.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chek"], "did you mean check?"),
        (["frobnicate"], "the commands are show, convert"),
        (["show", "--cpus", "1"], "--cpu"),
        (["convert", "--cpu", "1"], "--to"),
        (["convert", "--cpu", "1", "--to", "xml"], "jsonl"),
        (["show", "--cpu", "1", "x.json"], "--cpu"),
        (["resolve", "--cpu", "1"], "--target"),
        (["show", "--gpu-resource", "gpu", "--cpu", "1"], "is not an extended resource"),
        (["check", "--format", "xml"], "github"),
    ],
)
def test_wrong_usage(cli: Run, arguments: list[str], said: str) -> None:
    finished = cli(*arguments)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert said in finished.stderr


def test_help_examples_run(
    cli: Run, tmp_path: Path, manifests: Path, as_script: list[str], environment: dict[str, str]
) -> None:
    """Run them unchanged in a shell, except for the two that need a server and have their own tests."""
    (tmp_path / "jobs.jsonl").write_text('{"cpu": 1}\n')
    (tmp_path / "deployment.yaml").write_bytes((manifests / "mysql.yaml").read_bytes())
    path = f"{Path(as_script[0]).parent}{os.pathsep}{os.environ['PATH']}"
    for command in ("show", "convert", "check", "schema", "completion"):
        found = re.search(r"Example:\n  (.*)\n", cli(command, "--help").stdout)
        assert found is not None
        ran = subprocess.run(
            ["bash", "-c", found[1]], cwd=tmp_path, env={**environment, "PATH": path}, capture_output=True, check=False
        )
        assert ran.returncode == 0, (found[1], ran.stderr)


# ---- missing extras


@pytest.mark.parametrize(
    ("module", "arguments", "extra"),
    [
        ("click", ["--version"], "cli"),
        ("yaml", ["check", "a.yaml"], "cli"),
        ("rich", ["show", "--cpu", "1"], "cli"),
        ("grpc", ["serve"], "grpc"),
        ("grpc", ["resolve", "--cpu", "1", "--target", "127.0.0.1:1"], "grpc"),
        ("grpc", ["conformance", "--target", "127.0.0.1:1"], "grpc"),
    ],
)
def test_missing_extra(cli: Run, tmp_path: Path, module: str, arguments: list[str], extra: str) -> None:
    """One line explains what to install."""
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    (blocked / f"{module}.py").write_text(f"raise ModuleNotFoundError('No module named {module}', name={module!r})\n")
    (tmp_path / "a.yaml").write_text("cpu: 1\n")
    finished = cli(*arguments, env={"PYTHONPATH": str(blocked)})
    expected = f"resources-py: this needs {module}, which is not installed: pip install 'resources-py[{extra}]'\n"
    assert (finished.returncode, finished.stdout, finished.stderr) == (2, "", expected)


def test_checking_a_manifest_imports_only_what_it_needs(cli: Run, tmp_path: Path) -> None:
    """The benchmark of `check` holds its time; this names the packages that would cost it."""
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: Pod\nspec:\n  containers: []\n")
    (tmp_path / "b.yaml").write_text("cpu: 1\n")
    code = (
        "import sys; from resources_py.cli._main import run; code = run(['check', sys.argv[1]]); "
        "print(code, *sorted({'click', 'google.protobuf', 'importlib.metadata', 'mashumaro', 'rich'} & set(sys.modules)))"
    )
    for file, loaded in (("a.yaml", "0 click\n"), ("b.yaml", "0 click google.protobuf mashumaro\n")):
        assert cli("-c", code, file, command=[sys.executable]).stdout == loaded


def test_core_does_not_import_the_command(cli: Run) -> None:
    """`--version` imports click, but not gRPC, rich or YAML."""
    script = (
        "import sys, resources_py.__main__ as m; sys.argv = ['resources-py', '--version']; m.main();"
        "print(*sorted({'grpc', 'rich', 'yaml', 'resources_py.service'} & set(sys.modules)))"
    )
    finished = cli("-c", script, command=[sys.executable])
    assert finished.stdout.splitlines()[1:] == [""]


# ---- broken pipes and interrupts


@pytest.fixture
def many_lines(tmp_path: Path) -> Path:
    path = tmp_path / "many.jsonl"
    path.write_text('{"cpu": ["500m", 2], "mem": "1Gi"}\n' * 20_000)
    return path


@pytest.mark.parametrize(
    "arguments",
    [["convert", "many.jsonl", "--to", "jsonl"], ["show", "many.jsonl", "--json"], ["check", "bad.jsonl"], ["schema"]],
)
def test_broken_pipe_is_quiet(
    many_lines: Path, as_module: list[str], environment: dict[str, str], arguments: list[str]
) -> None:
    many_lines.with_name("bad.jsonl").write_text('{"cpu": "1x"}\n' * 5_000)
    process = subprocess.Popen(
        [*as_module, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=many_lines.parent,
        env=environment,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        if arguments[0] != "schema":
            process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read().decode()
    assert process.returncode == 141
    assert "rror" not in said, said


def test_interrupt_is_quiet(tmp_path: Path, as_module: list[str], environment: dict[str, str]) -> None:
    process = subprocess.Popen(
        [*as_module, "convert", "--from", "jsonl", "--to", "jsonl"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=tmp_path,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        process.stdin.write(b'{"cpu": 1}\n')
        process.stdin.flush()
        # output is written before waiting for more input, so now the process is waiting
        assert process.stdout.readline() == b'{"cpu": 1}\n'
        process.send_signal(signal.SIGINT)
        said = process.stderr.read().decode()
    assert process.returncode == 130
    assert said.strip() == ""


@pytest.mark.parametrize("module", ["mashumaro", "click", "yaml", "rich", "grpc"])
def test_an_interrupt_during_an_import_is_quiet(
    cli: Run, tmp_path: Path, module: str, as_script: list[str], as_module: list[str]
) -> None:
    """However early it comes: the module sends it while it is imported."""
    (tmp_path / "stubs").mkdir()
    (tmp_path / "stubs" / f"{module}.py").write_text(f"import os\nos.kill(os.getpid(), {int(signal.SIGINT)})\n")
    (tmp_path / "a.yaml").write_text("cpu: 1\n")
    arguments = {
        "mashumaro": ["show", "--cpu", "1"],
        "click": ["--version"],
        "yaml": ["check", "a.yaml"],
        "rich": ["show", "--cpu", "1"],
        "grpc": ["resolve", "--cpu", "1", "--target", "127.0.0.1:1"],
    }[module]
    for command in (as_script, as_module):
        finished = cli(*arguments, env={"PYTHONPATH": str(tmp_path / "stubs")}, command=command)
        assert finished.returncode in (130, -signal.SIGINT)
        assert (finished.stdout, finished.stderr.strip()) == ("", "")


def test_a_library_raises_interrupts(cli: Run) -> None:
    script = "import signal, resources_py; assert signal.getsignal(signal.SIGINT) is signal.default_int_handler"
    assert cli("-c", script, command=[sys.executable]).returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_full_disk_is_reported(tmp_path: Path, as_module: list[str], environment: dict[str, str]) -> None:
    with Path("/dev/full").open("wb") as full:
        finished = subprocess.run(
            [*as_module, "schema"], stdout=full, stderr=subprocess.PIPE, env=environment, text=True, check=False
        )
    assert (finished.returncode, finished.stderr) == (2, "resources-py: No space left on device\n")


def test_closed_streams(many_lines: Path, as_module: list[str], environment: dict[str, str]) -> None:
    """With stdout or stderr closed, it exits normally and prints nothing extra."""
    command = f'"{as_module[0]}" -m resources_py convert many.jsonl --to jsonl'
    for closing, code in ((">&-", 2), ("2>&- >/dev/null", 0)):
        ran = subprocess.run(
            ["bash", "-c", f"{command} {closing}"],
            cwd=many_lines.parent,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == code, ran
        assert "Traceback" not in ran.stderr
        assert "bug" not in ran.stderr


# ---- color and completion


def test_color_option(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("cpu: 1x\n")
    for arguments in (["check", "a.yaml"], ["show", "--cpu", "500u"]):
        assert "\x1b" not in cli(*arguments).stdout  # a pipe
        assert "\x1b[" in cli(*arguments, env={"FORCE_COLOR": "1"}).stdout
        assert "\x1b" not in cli(*arguments, env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(cli: Run, shell: str) -> None:
    finished = cli("completion", shell)
    assert finished.returncode == 0
    assert f"_RESOURCES_PY_COMPLETE={shell}_complete" in finished.stdout


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("resources-py ", set(COMMANDS)),
        ("resources-py che", {"check"}),
        ("resources-py convert --to proto", {"protojson", "protojsonl"}),
        ("resources-py check --format ", {"text", "json", "github", "sarif"}),
        ("resources-py convert --fr", {"--from"}),
    ],
)
def test_completion(cli: Run, words: str, offered: set[str]) -> None:
    parts = words.split(" ")
    env = {"_RESOURCES_PY_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(parts) - 1)}
    finished = cli(env=env)
    assert {line.partition(",")[2] for line in finished.stdout.splitlines()} == offered


def test_completion_in_bash(as_script: list[str], environment: dict[str, str], tmp_path: Path) -> None:
    """Sourced by a shell, the script completes what a user types."""
    script = (
        'eval "$(resources-py completion bash)"; COMP_WORDS=(resources-py sche); COMP_CWORD=1; '
        '_resources_py_completion resources-py; echo "${COMPREPLY[@]}"'
    )
    path = f"{Path(as_script[0]).parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        ["bash", "-c", script],
        env={**environment, "PATH": path},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == ("schema\n", "")
