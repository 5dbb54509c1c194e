"""Whose resources a finding is about."""

from typing import Any, Final, NamedTuple

_MAX_NAME: Final = 253  # of an object in Kubernetes
POD_ROLE: Final = "the pod's own"


class Subject(NamedTuple):
    """An object, and the container in it."""

    namespace: str = ""
    kind: str = ""
    name: str = ""
    container: str = ""
    role: str = ""  # "container", "init container", "ephemeral container"; or "the pod's own", without a container

    def __str__(self) -> str:
        """Write it for people.

        >>> print(Subject("default", "Pod", "web", "nginx", "init container"))
        Pod/web, init container nginx
        >>> print(Subject("default", "Pod", "web", role=POD_ROLE))
        Pod/web, the pod's own
        """
        owner = f"{self.kind}/{self.name}" if self.name else self.kind
        part = " ".join(filter(None, (self.role, self.container)))
        return ", ".join(filter(None, (owner, part)))


NO_SUBJECT: Final = Subject()


class TypeMeta(NamedTuple):
    """An object's type."""

    api_version: str = ""
    kind: str = ""

    @property
    def group(self) -> str:
        """The API group; that of the core is empty."""
        return self.api_version.rpartition("/")[0]


NO_TYPE: Final = TypeMeta()


def type_of(value: dict[str, Any], default: TypeMeta = NO_TYPE) -> TypeMeta:
    """Return an object's type; `default` is for what it does not name, as the items of a PodList need not."""
    return TypeMeta(name_of(value.get("apiVersion")) or default.api_version, name_of(value.get("kind")) or default.kind)


def subject_of(value: dict[str, Any], default: TypeMeta = NO_TYPE) -> Subject:
    """Return the subject of an object; `default` is its type if it does not name its own."""
    kind = type_of(value, default).kind
    metadata = value.get("metadata")
    if not isinstance(metadata, dict):
        return Subject(kind=kind)
    name = name_of(metadata.get("name")) or name_of(metadata.get("generateName"))
    return Subject(name_of(metadata.get("namespace")), kind, name)


def name_of(value: object) -> str:
    """Return a kind or a name. A long one is cut, since it is repeated for each container."""
    if value is None or isinstance(value, dict | list):
        return ""
    text = value if type(value) is str else str(value)
    return text if len(text) <= _MAX_NAME else text[:_MAX_NAME] + "…"
