"""Everything that a container asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from mashumaro import field_options

from resourceidl.v1 import container_resources_pb2 as pb
from resources_py._amounts import Problem
from resources_py._container_messages import canonical, check_message
from resources_py._container_parameters import Claim, NamedValue, ReadOnlyDict, read_claims, read_named, read_value
from resources_py._container_rules import COUNT_REQUIRED, check_claims, check_named
from resources_py._errors import Violation, raise_all
from resources_py._extended import ExtendedResources
from resources_py._resources import Resources
from resources_py._value import AS_WRITTEN, Content, DeclaredValue, immutable

if TYPE_CHECKING:
    from resources_py._placement import KubernetesParts, NodeLabels

# Pairs are tuples here and lists in a dict.
_NAMED: Final = field_options(
    serialize=lambda value: {name: list(each) if isinstance(each, tuple) else each for name, each in value.items()},
    deserialize=lambda value: value,
)
_CLAIMS: Final = field_options(
    serialize=lambda value: [list(each) if isinstance(each, tuple) else each for each in value],
    deserialize=lambda value: value,
)


@immutable
@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class ContainerResources(DeclaredValue):
    """Everything that a container asks for: amounts, accelerator, shared memory, any resource by name, and claims.

    Args:
        resources: CPU, memory, ephemeral storage, and the count of accelerators.
        extended: The accelerator, and shared memory.
        named: Other resources, by the names that Kubernetes has for them. As in Resources, one value sets request and
            limit, and a pair sets (request, limit). Values are str or int.
        claims: Claims of the Pod that the container uses: names, or pairs of a name and a request within the claim.

    Raises:
        ResourcesError: With a :class:`Violation` for everything that is wrong.

    Warns:
        ResourcesWarning: There is an accelerator, and no count of it.

    Example:
        >>> from resources_py import Resources
        >>> container = ContainerResources(
        ...     Resources(cpu=8, mem="64Gi", gpu=8),
        ...     ExtendedResources("A100", shared_memory=True),
        ...     named={"rdma/hca": 1},
        ... )
        >>> container.to_kubernetes().pod["nodeSelector"]
        {'k8s.amazonaws.com/accelerator': 'nvidia-tesla-a100'}
    """

    resources: Resources = field(default=Resources(), metadata=AS_WRITTEN)
    """CPU, memory, ephemeral storage, and the count of accelerators."""
    extended: ExtendedResources = field(default=ExtendedResources(), metadata=AS_WRITTEN)
    """The accelerator, and shared memory."""
    named: Mapping[str, NamedValue] = field(default=None, metadata=_NAMED)  # type: ignore[arg-type]
    """Other resources, as written, in a read-only dict."""
    claims: tuple[Claim, ...] = field(default=(), metadata=_CLAIMS)
    """Claims of the Pod, as written."""

    _message_type = pb.ContainerResources

    if TYPE_CHECKING:

        def __init__(
            self,
            resources: Resources | Mapping[str, Any] | None = None,
            extended: ExtendedResources | Mapping[str, Any] | None = None,
            named: Mapping[str, Any] | None = None,
            claims: Sequence[Any] | None = None,
        ) -> None: ...
    else:

        def __init__(
            self,
            resources: Resources | Mapping[str, Any] | None = None,
            extended: ExtendedResources | Mapping[str, Any] | None = None,
            named: Mapping[str, Any] | None = None,
            claims: Sequence[Any] | None = None,
            **unknown: object,
        ) -> None:
            given = {"resources": resources, "extended": extended, "named": named, "claims": claims}
            self._init(given, unknown)

    @classmethod
    def _declare(cls, given: dict[str, Any], violations: list[Violation]) -> Content:
        found: list[Violation] = []
        resources = read_value(Resources, "resources", given.get("resources"), found)
        extended = read_value(ExtendedResources, "extended", given.get("extended"), found)
        message = pb.ContainerResources(extended_resources=extended._message())
        named, fields = read_named(given.get("named"), message, found)
        claims = read_claims(given.get("claims"), message, found)
        judged: list[Violation] = []
        amounts = check_named(message, judged)
        check_claims(message.claims, judged)
        wrong = {v.field for v in found}
        judged = [v for v in judged if v.field.partition(".")[0] not in wrong]  # such a claim has no name to judge
        # A value for both sides has one violation.
        found += dict.fromkeys(v._replace(field=fields.get(v.field, v.field)) for v in judged)
        violations += found
        attributes = {"resources": resources, "extended": extended, "named": named, "claims": claims}
        return Content(attributes, canonical(bytes(resources), message, amounts))

    @classmethod
    def _check(cls, message: Any, *, for_kubernetes: bool) -> list[Violation]:
        return check_message(message, for_kubernetes=for_kubernetes)[0]

    @classmethod
    def _read(cls, message: Any) -> Content:
        resources = Resources.from_bytes(message.resources.SerializeToString())
        extended = ExtendedResources._from_message(message.extended_resources)
        sides = [{entry.name: entry.value for entry in side} for side in (message.named_requests, message.named_limits)]
        named = {}
        for name in sorted({**sides[0], **sides[1]}):
            request, limit = (side.get(name) for side in sides)
            named[name] = request if request == limit else (request, limit)
        claims = tuple((claim.name, claim.request) if claim.request else claim.name for claim in message.claims)
        attributes = {"resources": resources, "extended": extended, "named": ReadOnlyDict(named), "claims": claims}
        return Content(attributes, canonical(bytes(resources), message, check_named(message, [])))

    # ---- Kubernetes

    def to_kubernetes(
        self,
        *,
        labels: "NodeLabels | None" = None,
        gpu_resource: str | None = None,
        claim_templates: Mapping[str, str] | None = None,
    ) -> "KubernetesParts":
        """Return what belongs to the container, and what belongs to its Pod, as plain dicts.

        Args:
            labels: The labels of the cluster's nodes: `EKS`, `GKE`, or your own NodeLabels, of
                ``resources_py.kubernetes``. EKS if omitted.
            gpu_resource: The resource that counts accelerators. That of the accelerator's class if omitted.
            claim_templates: The ResourceClaimTemplate of each claim that is made from one. The others are the
                ResourceClaims of the same names.

        Raises:
            ResourcesError: The API server would reject it, or an accelerator has no count.

        Example:
            >>> container = ContainerResources(Resources(gpu=1), ExtendedResources("T4"))
            >>> container.to_kubernetes().pod["tolerations"]
            [{'key': 'nvidia.com/gpu', 'operator': 'Exists', 'effect': 'NoSchedule'}]
        """
        from resources_py import _placement

        labels = _placement.EKS if labels is None else labels
        return _placement.to_parts(self, labels, gpu_resource, claim_templates or {})

    @classmethod
    def from_kubernetes(
        cls,
        pod_spec: Mapping[str, Any],
        container: str | None = None,
        *,
        labels: "NodeLabels | None" = None,
        gpu_resource: str | None = None,
    ) -> Self:
        """Read what a container of a Pod asks for.

        Args:
            pod_spec: The ``spec`` of a Pod, as plain dicts.
            container: The name of the container. It may be omitted if there is one.
            labels: As in :meth:`to_kubernetes`.
            gpu_resource: The resource that counts accelerators. That of a known class, if omitted.

        Raises:
            ResourcesError: The API server would reject the stanza, or something about accelerators, memory volumes or
                resources cannot be represented. All of it is listed.

        Example:
            >>> spec = {"containers": [{"name": "main", "resources": {"limits": {"google.com/tpu": 4}}}]}
            >>> ContainerResources.from_kubernetes(spec).extended
            ExtendedResources(device_class='GOOGLE_TPU')
        """
        from resources_py import _placement
        from resources_py._pod_reading import PodReader

        reader = PodReader(_placement.EKS if labels is None else labels, gpu_resource)
        given = reader.read(pod_spec, container)
        read = cls._build(given, reader.violations)
        raise_all(reader.violations)
        return read

    def _find_warnings(self) -> list[tuple[str, Problem]]:
        found = [(f"resources.{w.field}", Problem(w.reason, w.description)) for w in self.resources.warnings]
        found += [(f"extended.{name}", problem) for name, problem in self.extended._find_warnings()]
        return found + self._find_own_warnings()

    def _find_own_warnings(self) -> list[tuple[str, Problem]]:
        """Return the warnings that the parts have not raised by themselves."""
        has_accelerator = self._message().extended_resources.HasField("gpu_accelerator")
        counts = (side.get("gpu") for side in (self.resources.requests, self.resources.limits))
        is_counted = any(count is not None and count.value for count in counts)
        return [("extended.accelerator", COUNT_REQUIRED)] if has_accelerator and not is_counted else []

    def _meaning(self) -> object:
        amounts = check_named(self._message(), [])
        named = [sorted((name, amount[0]) for name, amount in side.items()) for side in amounts]
        return self.resources._meaning(), self.extended._meaning(), named, self.claims
