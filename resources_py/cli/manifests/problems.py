"""What the rules find in an object."""

import re
from typing import Any, Final, NamedTuple, TypeAlias

from resources_py._errors import quoted
from resources_py.cli.manifests.subjects import NO_TYPE, Subject, TypeMeta, subject_of

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
    """What is found in one object."""

    def __init__(self, value: dict[str, Any], type_meta: TypeMeta = NO_TYPE) -> None:
        self.type_meta = type_meta
        self._object = value
        self.problems: list[ManifestProblem] = []
        self.count = 0  # of declarations: stanzas, and other places that hold quantities
        self.skipped = 0  # values that a template has yet to fill in: {{inputs.parameters.cpu}}
        # Where the rules are: whose resources they look at, and how many steps of a path lead to the stanza that they
        # are in, from which fields are counted.
        self.container = self.role = ""
        self.depth = 0
        self._stanzas: set[int] = set()

    def is_new(self, stanza: object) -> bool:
        """Return whether a stanza is seen for the first time: an anchor has one, however many aliases it has."""
        seen = id(stanza) in self._stanzas
        self._stanzas.add(id(stanza))
        return not seen

    def add(
        self,
        reason: str,
        description: str,
        path: Path,
        *,
        is_entry: bool = False,
        about_key: bool = False,
        warn: bool = False,
    ) -> None:
        """Add a problem; an entry is one of a mapping of quantities."""
        subject = subject_of(self._object, self.type_meta)._replace(container=self.container, role=self.role)
        field = field_of(path[self.depth :], is_entry=is_entry)
        self.problems.append(ManifestProblem(path, reason, description, field, subject, about_key, warn))


def field_of(path: Path, *, is_entry: bool = False) -> str:
    """Write a path.

    >>> field_of(("spec", "volumes", 0, "emptyDir", "sizeLimit")), field_of(("limits", "cpu"), is_entry=True)
    ('spec.volumes[0].emptyDir.sizeLimit', 'limits["cpu"]')
    """
    text = ""
    for number, step in enumerate(path, 1):
        if isinstance(step, int):
            text += f"[{step}]"
        elif not text or (_IDENTIFIER.fullmatch(step) and not (is_entry and number == len(path))):
            text += ("." if text else "") + quoted(step)[1:-1]
        else:
            text += f'["{quoted(step)[1:-1]}"]'
    return text


def is_other(key: str) -> bool:
    """Return whether a key is none of Kubernetes: ``$patch`` instructs kubectl, and a template fills in ``{{…}}``."""
    return key[:1] == "$" or "{{" in key


def mapping_of(value: object) -> dict[str, Any]:
    """Return a mapping as it is, and anything else as an empty one."""
    return value if isinstance(value, dict) else {}


def is_template(value: object) -> bool:
    """Return whether a template has yet to fill in this value: Argo's ``{{inputs.parameters.cpu}}``."""
    return isinstance(value, str) and "{{" in value
