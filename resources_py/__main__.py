"""The command ``resources-py``: see :mod:`resources_py.cli`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command that the arguments name, and return its exit code."""
    try:
        from resources_py.cli._main import run
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "resources_py":
            raise
        print(
            f"resources-py: this needs {error.name}, which is not installed: pip install 'resources-py[cli]'",
            file=sys.stderr,
        )
        return 2
    return run()


if __name__ == "__main__":
    sys.exit(main())
