"""How warnings are raised: at the caller's line, once for each location, and in bounded memory."""

from __future__ import annotations

import subprocess
import sys
import warnings
from typing import Any

import pytest

from resources_py import Resources, ResourcesWarning


def run(body: str, *options: str) -> tuple[list[str], int]:
    """Run a program under Python's default filters. Return the lines of its warnings and how many it remembers."""
    program = f"from resources_py import Resources\n{body}\nprint(len(globals().get('__warningregistry__', ())))\n"
    done = subprocess.run([sys.executable, *options, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return [line for line in done.stderr.splitlines() if "ResourcesWarning" in line], int(done.stdout)


def test_a_warning_is_shown_once_for_each_line() -> None:
    shown, _ = run("for _ in range(1500): Resources(mem='100m')\nResources(mem='100m')")
    assert [line.partition(": ")[0] for line in shown] == ["<string>:2", "<string>:3"]


@pytest.mark.parametrize(
    "read",
    [
        "Resources(mem=2 + n)",
        "Resources.from_dict({'mem': 2 + n})",
        "Resources.from_json('{\"mem\": ' + str(2 + n) + '}')",
        "Resources.from_requests_and_limits({'mem': 2 + n})",
    ],
)
def test_distinct_warnings_take_bounded_memory(read: str) -> None:
    """Each is shown, as Python's default filter has it."""
    shown, remembered = run(f"for n in range(5000): {read}")
    assert len(shown) == 5000
    assert 0 < remembered <= 1002  # with the version of the filters


def test_a_warning_that_was_forgotten_is_shown_again() -> None:
    body = "def warn(n): Resources(mem=2 + n)\n"
    assert len(run(body + "for n in [*range(900)] * 2: warn(n)")[0]) == 900
    assert len(run(body + "for n in [*range(1100), 0]: warn(n)")[0]) == 1101


def test_filters_that_ignore_remember_nothing() -> None:
    shown, remembered = run("for n in range(2000): Resources(mem=2 + n)", "-W", "ignore")
    assert (shown, remembered) == ([], 1)  # the version of the filters


def test_warnings_as_errors() -> None:
    program = "from resources_py import Resources\nResources(mem='100m')"
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("resources_py.ResourcesWarning: mem: ")


def test_filters_by_module() -> None:
    """The module that a filter names is the caller's."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.filterwarnings("always", module=r"a\.caller$")
        exec("Resources(mem='100m')", {"__name__": "a.caller", "Resources": Resources})
        exec("Resources(mem='100m')", {"__name__": "another", "Resources": Resources})
    assert len(caught) == 1


@pytest.mark.parametrize("name", [None, 5, "", ...], ids=repr)
def test_a_caller_without_a_name(name: Any) -> None:
    module = {"Resources": Resources} if name is ... else {"Resources": Resources, "__name__": name}
    with pytest.warns(ResourcesWarning) as caught:
        exec(compile("\nResources(mem='100m')", "a file", "exec"), module)
    assert [(warning.filename, warning.lineno) for warning in caught] == [("a file", 2)]
