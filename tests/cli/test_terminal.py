"""The command in a real terminal: color, the width of tables, the progress bar."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

Wait = Callable[[Callable[[str], bool]], str]
ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07)")


class Terminal:
    """A pseudo-terminal of a given width, and its output."""

    def __init__(self, columns: int) -> None:
        self._master, self.side = pty.openpty()
        fcntl.ioctl(self.side, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.printed = ""

    def read(self, seconds: float) -> bool:
        """Read the available output within the timeout; return whether there may be more."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self._master, 2**16)
        except OSError:  # end of file on Linux
            return False
        self.printed += data.decode("utf-8", "replace")
        return bool(data)

    def rest(self, process: subprocess.Popen[bytes]) -> str:
        """Read until the process exits, and return all output."""
        os.close(self.side)
        while self.read(60):
            if process.poll() is not None and not select.select([self._master], [], [], 0)[0]:
                break
        process.wait()
        os.close(self._master)
        return self.printed


@pytest.fixture
def start(
    as_module: list[str], environment: dict[str, str], tmp_path: Path
) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []

    def run(*arguments: str, stdin: int, stdout: int | IO[bytes], stderr: int, **env: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [*as_module, *arguments],
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            cwd=tmp_path,
            env={**environment, **env},
            start_new_session=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdin:
            process.stdin.close()


@pytest.mark.parametrize("columns", [60, 100, 200])
def test_tables_keep_to_the_width(start: Callable[..., subprocess.Popen[bytes]], columns: int) -> None:
    terminal = Terminal(columns)
    side = terminal.side
    process = start("show", "--cpu", "1u,2", "--mem", "100m", stdin=side, stdout=side, stderr=side)
    printed = terminal.rest(process)
    assert process.returncode == 0
    assert "\x1b[" in printed  # color
    plain = ESCAPES.sub("", printed).replace("\r", "")
    assert max(map(len, plain.splitlines())) <= columns
    assert "FINER_THAN_MILLI" in plain.replace("\n", "").replace(" ", "") or columns < 100
    assert "written" in plain


def test_color_and_no_color(start: Callable[..., subprocess.Popen[bytes]], tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("cpu: 1x\n")
    for env, colored in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
        terminal = Terminal(80)
        side = terminal.side
        process = start("check", "a.yaml", stdin=side, stdout=side, stderr=side, **env)
        printed = terminal.rest(process)
        assert process.returncode == 1
        assert ("\x1b[31m" in printed) is colored
        assert "INVALID_QUANTITY" in printed


def test_stream_from_a_terminal_is_rejected(start: Callable[..., subprocess.Popen[bytes]]) -> None:
    terminal = Terminal(80)
    side = terminal.side
    process = start("convert", "--to", "json", stdin=side, stdout=side, stderr=side)
    printed = terminal.rest(process)
    assert process.returncode == 2
    assert "nothing to read: name a FILE" in printed


def test_binary_output_to_a_terminal_is_rejected(start: Callable[..., subprocess.Popen[bytes]]) -> None:
    terminal = Terminal(80)
    side = terminal.side
    process = start("convert", "--cpu", "1", "--to", "binpb", stdin=side, stdout=side, stderr=side)
    printed = terminal.rest(process)
    assert process.returncode == 2
    assert "binary data cannot be shown in a terminal" in printed


def test_progress_bar(start: Callable[..., subprocess.Popen[bytes]], tmp_path: Path) -> None:
    """It appears on stderr when the work takes long, and disappears at the end. Errors are printed above it."""
    terminal = Terminal(80)
    with (tmp_path / "out.jsonl").open("wb") as out:
        process = start(
            "convert", "--from", "jsonl", "--to", "jsonl", stdin=subprocess.PIPE, stdout=out, stderr=terminal.side
        )
        assert process.stdin is not None
        batches = 0
        while "items" not in terminal.printed:  # without a time limit
            process.stdin.write(b'{"cpu": 1}\n' * 2048)
            process.stdin.flush()
            batches += 1
            terminal.read(0.01)
        process.stdin.write(b'{"cpu": "1x"}\n')
        process.stdin.close()
        printed = terminal.rest(process)
    assert process.returncode == 1
    assert re.search(r"[0-9,]+ items", printed)
    assert (tmp_path / "out.jsonl").read_bytes() == b'{"cpu": 1}\n' * (2048 * batches)
    last = ESCAPES.sub("", printed).replace("\r", "\n").strip().splitlines()[-1]
    assert last.startswith(f"<stdin>:{2048 * batches + 1}:9: INVALID_QUANTITY")


def test_no_progress_bar_with_output_on_the_same_terminal(
    start: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    terminal = Terminal(80)
    (tmp_path / "a.jsonl").write_text('{"cpu": 1}\n' * 10)
    side = terminal.side
    process = start("convert", "a.jsonl", "--to", "jsonl", stdin=side, stdout=side, stderr=side)
    printed = terminal.rest(process)
    assert process.returncode == 0
    assert "items" not in printed
    assert printed.count('{"cpu": 1}\r\n') == 10
