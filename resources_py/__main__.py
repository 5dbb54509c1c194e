"""The command ``resources-py``: see :mod:`resources_py.cli`."""

import gc
import sys

from resources_py._interrupts import raise_interrupts

_CLI_MODULES = ("click", "rich", "yaml")  # what the extra `cli` installs; `grpc` installs the others


def main() -> int:
    """Run the command that the arguments name, and return its exit code."""
    gc.disable()  # until the command is imported: modules are not garbage
    try:
        from resources_py.cli._main import run

        raise_interrupts()
        return run()
    except ImportError as error:
        module = (error.name or "").partition(".")[0]
        if module in ("", "resources_py"):
            raise
        needed = f"resources-py[{'cli' if module in _CLI_MODULES else 'grpc'}]"
        print(f"resources-py: this needs {module}, which is not installed: pip install '{needed}'", file=sys.stderr)
        return 2
    finally:
        gc.enable()


if __name__ == "__main__":
    sys.exit(main())
