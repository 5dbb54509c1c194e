"""How the containers of a pod are resized while they run."""

from typing import Any, Final

from resources_py._errors import quoted
from resources_py._reasons import Reason
from resources_py.cli.manifests.containers import EPHEMERAL, INIT
from resources_py.cli.manifests.problems import CheckedObject, Path, is_template
from resources_py.cli.manifests.walk import reject_type

_RESIZED: Final = ("cpu", "memory")
_RESIZE_POLICIES: Final = ("NotRequired", "RestartContainer")


def check_resize_policies(
    found: CheckedObject, spec: dict[str, Any], container: dict[str, Any], policies: object, path: Path
) -> None:
    """Check a container's resizePolicy."""
    if not isinstance(policies, list):
        reject_type(found, policies, path, "a list")
        return
    if found.role == EPHEMERAL:
        found.add(Reason.NOT_ALLOWED, "an ephemeral container is not resized: remove it", path, about_key=True)
    is_run_once = found.role == INIT and container.get("restartPolicy") != "Always"
    seen: set[str] = set()
    for index, policy in enumerate(policies):
        if policy is None or isinstance(policy, dict):
            name = _check_resized(found, policy or {}, (*path, index), seen)
            seen.add(name)
            is_never = spec.get("restartPolicy") == "Never"
            _check_restart(found, policy or {}, (*path, index), is_never=is_never, is_run_once=is_run_once)
        else:
            reject_type(found, policy, (*path, index), "a mapping")


def _check_resized(found: CheckedObject, policy: dict[str, Any], path: Path, seen: set[str]) -> str:
    name = policy.get("resourceName")
    at = (*path, "resourceName") if "resourceName" in policy else path
    if name is None or name == "":
        found.add(Reason.REQUIRED, "a resize policy needs a resourceName: write cpu or memory", at)
        name = ""
    elif not isinstance(name, str):
        reject_type(found, name, at, "a string")
        name = quoted(name)
    elif name not in _RESIZED and not is_template(name):
        found.add(Reason.UNSUPPORTED_VALUE, f"{quoted(name)} cannot be resized: write cpu or memory", at)
    if name in seen:
        found.add(Reason.DUPLICATE_NAME, f"{quoted(name)} has a policy before: write one", path)
    return name


def _check_restart(
    found: CheckedObject, policy: dict[str, Any], path: Path, *, is_never: bool, is_run_once: bool
) -> None:
    value = policy.get("restartPolicy")
    at = (*path, "restartPolicy") if "restartPolicy" in policy else path
    if value is None or value == "":
        found.add(Reason.REQUIRED, "a resize policy needs a restartPolicy: write NotRequired or RestartContainer", at)
    elif not isinstance(value, str):
        reject_type(found, value, at, "a string")
    elif is_template(value):
        found.skipped += 1
    elif value not in _RESIZE_POLICIES:
        described = f"{quoted(value)} is not a policy: write NotRequired or RestartContainer"
        found.add(Reason.UNSUPPORTED_VALUE, described, at)
    elif value != "NotRequired" and (is_never or is_run_once):
        why = "the pod is never restarted" if is_never else "an init container is not restarted"
        found.add(Reason.UNSUPPORTED_VALUE, f"{quoted(value)} cannot be: {why}: write NotRequired", at)
