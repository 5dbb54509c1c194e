"""What the rules find in an object."""

import re
from typing import Final, NamedTuple, TypeAlias

from resources_py._errors import quoted
from resources_py.cli.manifests.subjects import Subject

Path: TypeAlias = tuple[str | int, ...]  # keys and indexes, from the object's root

_IDENTIFIER: Final = re.compile(r"[A-Za-z_$][\w$-]*", re.ASCII)


class ManifestProblem(NamedTuple):
    """Something in an object that is wrong, or legal but probably a mistake."""

    path: Path
    reason: str
    description: str
    field: str  # in a container's stanza `limits["cpu"]`, elsewhere from the root: `spec.hard["cpu"]`
    subject: Subject
    is_about_key: bool = False  # the key at the end of the path, not its value
    is_warning: bool = False


class CheckedObject:
    """What is found in one object. `subject` is whose resources are looked at."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.problems: list[ManifestProblem] = []
        self.count = 0  # of declarations: stanzas, and other places that hold quantities
        self.skipped = 0  # values that a template has yet to fill in: {{inputs.parameters.cpu}}

    def add(
        self,
        reason: str,
        description: str,
        path: Path,
        *,
        field: str | None = None,
        about_key: bool = False,
        warn: bool = False,
    ) -> None:
        """Add a problem; its field is the path, if no other is given."""
        shown = field_of(path) if field is None else field
        self.problems.append(ManifestProblem(path, reason, description, shown, self.subject, about_key, warn))


def field_of(path: Path, *keys: str) -> str:
    """Write a path, and keys of mappings within it.

    >>> field_of(("spec", "volumes", 0, "emptyDir", "sizeLimit")), field_of(("spec", "hard"), "cpu")
    ('spec.volumes[0].emptyDir.sizeLimit', 'spec.hard["cpu"]')
    """
    text = ""
    for step in path:
        if isinstance(step, str) and _IDENTIFIER.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{step}]" if isinstance(step, int) else _bracketed(step)
    return text + "".join(map(_bracketed, keys))


def _bracketed(key: str) -> str:
    return f'["{quoted(key)[1:-1]}"]'


def is_template(value: object) -> bool:
    """Return whether a template has yet to fill in this value: Argo's ``{{inputs.parameters.cpu}}``."""
    return isinstance(value, str) and "{{" in value
