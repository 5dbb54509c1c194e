"""An interrupt while the command is being imported ends it without a traceback. For a library, this does nothing."""

import os
import sys

_script = os.path.basename("".join(sys.orig_argv[1:2]))
_is_command = sys.orig_argv[1:3] == ["-m", "resources_py"] or _script == "resources-py"
# Python's handler raises KeyboardInterrupt. Where it is not set, the parent process has interrupts ignored.
if _is_command:
    import signal

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def raise_interrupts() -> None:
    """Restore Python's handler, once the command can handle KeyboardInterrupt itself."""
    import signal

    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
