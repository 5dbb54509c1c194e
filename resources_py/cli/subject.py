"""Whose resources something is about."""

from typing import NamedTuple


class Subject(NamedTuple):
    """An object, and a container in it. What is unknown is empty."""

    namespace: str = ""
    kind: str = ""
    name: str = ""
    container: str = ""
    role: str = ""  # of the container: "container", "init container"; or whose resources they are: "the pod's own"

    def __str__(self) -> str:
        """Write it for people.

        >>> print(Subject("shop", "Deployment", "web", "nginx", "container"))
        Deployment/web, container nginx
        >>> print(Subject("", "Pod", "", "", "the pod's own"))
        Pod, the pod's own
        """
        whole = f"{self.kind}/{self.name}" if self.name else self.kind
        part = f"{self.role} {self.container}" if self.container else self.role
        return f"{whole}, {part}" if whole and part else whole or part


NOBODY = Subject()
