"""Evaluate the text of the playground and describe the result. Runs in the browser, and in the tests."""

import ast
import contextlib
import io
import reprlib
import traceback
import warnings
from typing import Any

import yaml

import resources_py
from resources_py import (
    ContainerResources,
    ExtendedResources,
    Resources,
    ResourcesError,
    ResourcesWarning,
    SharedMemory,
)

DECLARATIONS = (Resources, ExtendedResources, SharedMemory, ContainerResources)
FILE = "<declaration>"


def evaluate(source: str) -> dict[str, Any]:
    """Run the statements of a text and describe the value of its last expression.

    Returns:
        ``error``, a text, if it fails for another reason than its values; ``violations`` and ``warnings``, rows of
        field, reason and description; ``printed``; and ``outputs``, a dict from an output's name to its text.
    """
    printed = io.StringIO()
    report: dict[str, Any] = {"error": "", "violations": [], "warnings": [], "outputs": {}}
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(printed):
        warnings.simplefilter("always")
        try:
            value = run(source)
            if isinstance(value, DECLARATIONS):
                describe_declaration(value, report)
                caught += [warnings.WarningMessage(warning, type(warning), "", 0) for warning in value.warnings]
            else:
                report["error"] = f"the last line must be a declaration, not {reprlib.repr(value)}"
        except ResourcesError as error:
            report["violations"] = [list(violation) for violation in error.violations]
        except BaseException as error:  # also SystemExit: the page must answer
            report["error"] = describe(error)
    for warning in caught:
        text = warning.message
        own = isinstance(text, ResourcesWarning)
        row = [text.field, text.reason, text.description] if own else ["", type(text).__name__, str(text)]
        if row not in report["warnings"]:
            report["warnings"].append(row)
    report["printed"] = printed.getvalue()
    return report


def run(source: str) -> object:
    """Run the statements of a text and return the value of its last expression."""
    names = {name: getattr(resources_py, name) for name in resources_py.__all__}
    names |= {"resources_py": resources_py, "__name__": "__main__"}
    module = ast.parse(source, FILE)
    last = module.body.pop() if module.body and isinstance(module.body[-1], ast.Expr) else None
    exec(compile(module, FILE, "exec"), names)
    return eval(compile(ast.Expression(last.value), FILE, "eval"), names) if isinstance(last, ast.Expr) else None


def describe(error: BaseException) -> str:
    """Return the message of an error, and its line in the text."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILE]
    where = f"line {lines[-1]}: " if lines else ""
    return where + "".join(traceback.format_exception_only(error)).strip()


def describe_declaration(value: Any, report: dict[str, Any]) -> None:
    """Add the outputs of a declaration, and what Kubernetes would reject."""
    outputs = report["outputs"]
    if hasattr(value, "to_kubernetes"):
        try:
            outputs["stanza"] = stanza(value)
        except ResourcesError as error:
            report["violations"] = [list(violation) for violation in error.violations]
    outputs["json"] = value.to_json()
    encoded = bytes(value)
    outputs["bytes"] = encoded.hex(" ")
    outputs["length"] = len(encoded)


def stanza(value: Any) -> str:
    """Return what belongs into a Pod, as YAML."""
    if not isinstance(value, ContainerResources):
        return to_yaml({"resources": value.to_kubernetes()})
    parts = value.to_kubernetes()
    pod = f"# the Pod's spec\n{to_yaml(parts.pod)}" if parts.pod else ""
    return f"# the container\n{to_yaml(parts.container)}{pod}"


def to_yaml(value: object) -> str:
    """Return a value as YAML, in its own order."""
    return yaml.safe_dump(value, sort_keys=False)
