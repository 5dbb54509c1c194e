"""The reference servers, the Go client, and the table that the matrix prints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def go_client(go_program: Any) -> Path:
    """The Go client of the matrix."""
    return go_program("interop")


@pytest.fixture(scope="session")
def servers(
    launch: Any, python_server: list[str], go_server: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The addresses of the two servers, which must not print anything to stderr."""
    said = tmp_path_factory.mktemp("servers") / "stderr"
    with said.open("w") as stderr:
        go = [str(go_server), "--address", "127.0.0.1:0"]
        with launch(python_server, stderr=stderr) as (_, python_address), launch(go, stderr=stderr) as (_, go_address):
            yield {"Python": python_address, "Go": go_address}
    assert said.read_text() == ""


def pytest_terminal_summary(terminalreporter: Any) -> None:
    cells: dict[tuple[str, str], dict[str, str]] = {}
    columns: list[str] = []
    for verdict, mark in (("passed", "ok"), ("failed", "FAILED"), ("error", "ERROR")):
        for report in terminalreporter.stats.get(verdict, ()):
            properties = dict(getattr(report, "user_properties", ()))
            if "cell" in properties and (report.when == "call" or mark != "ok"):
                client, server, check = properties["cell"]
                cells.setdefault((client, server), {})[check] = mark
                columns = properties["checks"]
    if not cells:
        return
    terminalreporter.section("every client against every server")
    widths = [max(len(column), 6) for column in columns]
    terminalreporter.write_line(
        "  ".join(
            [
                f"{'client':20}{'server':8}",
                *(f"{column:{width}}" for column, width in zip(columns, widths, strict=True)),
            ]
        )
    )
    for (client, server), row in sorted(cells.items(), key=lambda cell: (cell[0][1], cell[0][0])):
        marks = (f"{row.get(column, '-'):{width}}" for column, width in zip(columns, widths, strict=True))
        terminalreporter.write_line("  ".join([f"{client:20}{server:8}", *marks]).rstrip())
