"""The environment of the Makefile's recipes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Variables of the user's environment. Each has hidden or caused a failure somewhere.
FOREIGN = {
    "PYTHONUNBUFFERED": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONWARNINGS": "ignore",
    "PYTHONHASHSEED": "0",
    "PYTHONPATH": "/nowhere",
    "GRPC_VERBOSITY": "DEBUG",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": "/nowhere",
    "GOFLAGS": "-x",
    "GODEBUG": "http2debug=1",
    "LANG": "tr_TR",
    "TZ": "Pacific/Kiritimati",
    "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "python",
    "RESOURCES_PY_TRACEBACK": "1",
}
# Variables that the package clients need to find their registries.
KEPT = {
    "PIP_INDEX_URL": "file:///somewhere",
    "GOPROXY": "off",
    "SSL_CERT_FILE": "/somewhere",
    "https_proxy": "http://x",
}


def environment(root: Path, *arguments: str, **variables: str) -> dict[str, str]:
    """Return the environment in which make runs a recipe."""
    printed = subprocess.run(
        ["make", "--no-print-directory", *arguments, "environment"],
        cwd=root,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return dict(line.split("=", 1) for line in printed.splitlines())


def test_recipes_do_not_see_the_users_environment(root: Path) -> None:
    seen = environment(root, **FOREIGN, **KEPT)
    assert not FOREIGN.keys() & seen.keys()
    assert {name: seen[name] for name in KEPT} == KEPT
    # Apart from those, the environment of a recipe is always the same.
    assert seen == {**environment(root), **KEPT}


def test_command_line_variables_reach_recipes(root: Path) -> None:
    assert environment(root, "N=5")["N"] == "5"
    assert environment(root, N="5")["N"] == "5"


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)], ids=str)
def test_closed_streams_are_open_in_a_recipe(root: Path, tmp_path: Path, closed: tuple[int, ...]) -> None:
    """Otherwise, the first pipe that a program makes would take their numbers."""
    look = "import os, sys; seen = [os.readlink(f'/proc/self/fd/{n}') for n in range(3)]"
    look += "; open(sys.argv[1], 'w').write(chr(10).join(seen))"
    closing = " ".join(f"{number}>&-" for number in closed)
    recipe = f'exec {closing}; BASH_ENV="$0" exec bash -euo pipefail -c \'"$@"\' - "$@"'
    subprocess.run(
        ["bash", "-c", recipe, root / "scripts" / "open-streams.sh", sys.executable, "-c", look, tmp_path / "seen"],
        check=True,
    )
    seen = (tmp_path / "seen").read_text().splitlines()
    assert [seen[number] for number in closed] == [os.devnull] * len(closed)
