"""Combining declarations: overriding, filling in defaults, and what the API server stores."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias

from resources_py._amounts import (
    GPU,
    MAX_KUBERNETES_COUNT,
    NAMES,
    RESOURCES,
    Amount,
    Problem,
    Resource,
    Values,
    check_amount,
    check_gpu_limit,
    check_within_limit,
    default_sides,
    wire_string,
)
from resources_py._errors import ResourcesError, ResourcesTypeError, Violation, quoted, raise_all
from resources_py._parameters import CpuValue, ResourceValue, Scalar, Written, convert, declare_values
from resources_py._reasons import Reason

if TYPE_CHECKING:
    from resources_py._resources import Resources


class Combining:
    """The methods of :class:`Resources` that combine it with another."""

    __slots__ = ()

    if TYPE_CHECKING:  # mashumaro would take annotations for fields

        def _written(self) -> tuple[Written, ...]: ...
        @classmethod
        def _from_written(cls, written: Iterable[Written]) -> Self: ...
        @classmethod
        def _from_values(cls, values: Values) -> Self: ...

        def override(
            self,
            other: "Resources | None" = None,
            /,
            *,
            cpu: CpuValue = None,
            mem: ResourceValue = None,
            gpu: ResourceValue = None,
            ephemeral_storage: ResourceValue = None,
        ) -> Self: ...

    else:

        def override(self, other=None, /, **fields):
            """Replace what `other`, or the fields, set; the rest stays.

            One value replaces request and limit. A pair replaces the sides that it sets: ``(None, 4)`` changes the
            limit alone. None changes nothing. Nothing is adjusted.

            Args:
                other: A Resources.
                **fields: In place of `other`: values as the constructor takes them.

            Returns:
                A new Resources.

            Raises:
                ResourcesError: A value is wrong, or a request is then above its limit.
                ResourcesTypeError: `other` is not a Resources, or there are fields beside it.

            Warns:
                ResourcesWarning: As the constructor.

            Example:
                >>> r = Resources(cpu=("500m", 2), mem="1Gi")
                >>> r.override(cpu=(None, 4), mem="2Gi")
                Resources(cpu=('500m', 4), mem='2Gi')
                >>> r.override(Resources(gpu=1))
                Resources(cpu=('500m', 2), mem='1Gi', gpu=1)
                >>> r.override(mem=("2Gi", None))
                Traceback (most recent call last):
                resources_py.ResourcesError: mem[0]: request 2Gi of the override is above limit 1Gi as declared: \
override both
            """
            if other is None:
                *new, _, _ = declare_values(fields)
            elif isinstance(other, Combining) and not fields:
                new = other._written()
            else:
                advice = "pass a Resources, or fields such as cpu=2"
                described = f"{quoted(other)} is beside fields: {advice}" if fields else f"{quoted(other)}: {advice}"
                raise ResourcesTypeError([Violation("other", Reason.WRONG_TYPE, described)])
            merged = [_merge(*each) for each in zip(self._written(), new, strict=True)]
            try:
                return self._from_written(merged)
            except ResourcesError as error:
                raise ResourcesError(_explain(error, merged, new)) from None

    def with_defaults(self, defaults: "Resources") -> Self:
        """Fill in the sides that are not set, without a warning.

        A limit without a request becomes the request, as in Kubernetes, and not the default. For a GPU, the side that
        is set sets both. A default never contradicts what was declared: a default limit below the declared request
        becomes that request. The same holds within the defaults of a resource that is not mentioned.

        Args:
            defaults: What to fill in.

        Returns:
            A new Resources.

        Raises:
            ResourcesTypeError: `defaults` is not a Resources.

        Example:
            >>> platform = Resources(cpu=("250m", 1), mem=("256Mi", "512Mi"))
            >>> Resources(mem=(None, "1Gi")).with_defaults(platform)
            Resources(cpu=('250m', 1), mem='1Gi')
            >>> Resources(cpu=(4, None)).with_defaults(platform)
            Resources(cpu=4, mem=('256Mi', '512Mi'))
        """
        if not isinstance(defaults, Combining):
            described = f"{quoted(defaults)} is not a Resources: write Resources(cpu='500m')"
            raise ResourcesTypeError([Violation("defaults", Reason.WRONG_TYPE, described)])
        values: dict[Resource, Any] = {}
        for resource, mine, default in zip(RESOURCES, _sides_of(self), _sides_of(defaults), strict=True):
            request, limit = _fill(resource, mine, default)
            if request or limit:
                values[resource] = request and request.written, limit and limit.written
        return self._from_values(values)

    def defaulted(self) -> Self:
        """Return what the API server stores.

        A request that is missing is taken from its limit, and every amount is rounded up to a thousandth.

        Returns:
            A new Resources, whose values are canonical texts.

        Raises:
            ResourcesError: Kubernetes rejects the GPUs.

        Example:
            >>> Resources(cpu=(None, 0.5), mem=("1Gi", None)).defaulted()
            Resources(cpu='500m', mem=('1Gi', None))
        """
        values: dict[Resource, Any] = {}
        violations: list[Violation] = []
        for (resource, request, limit), written in zip(convert(self._written()), self._written(), strict=True):
            if resource is GPU:
                violations += _check_gpu(written, request, limit)
            if request or limit:
                values[resource] = tuple(side and wire_string(side) for side in default_sides(request, limit))
        raise_all(violations)
        return self._from_values(values)


def _pair(value: Written) -> tuple[Scalar | None, Scalar | None]:
    return value if isinstance(value, tuple) else (value, value)


# ---- override


def _merge(declared: Written, override: Written) -> Written:
    """Replace the sides that `override` sets."""
    if override is None:
        return declared
    request, limit = (old if new is None else new for old, new in zip(_pair(declared), _pair(override), strict=True))
    return (request, limit) if isinstance(override, tuple) else override


def _explain(error: ResourcesError, merged: Iterable[Written], override: Iterable[Written]) -> Iterator[Violation]:
    """Add to the violations where the request and the limit come from."""
    values = dict(zip(NAMES, zip(merged, override, strict=True), strict=True))
    for violation in error.violations:
        sides, new = map(_pair, values[violation.field.partition("[")[0]])
        request, limit = (
            f"{side} {'as declared' if replaced is None else 'of the override'}"
            for side, replaced in zip(sides, new, strict=True)
        )
        yield violation._replace(description=f"request {request} is above limit {limit}: override both")


# ---- defaults


class _Side(NamedTuple):
    """A request or a limit."""

    written: Scalar | None
    amount: Amount


_Sides: TypeAlias = tuple[_Side | None, _Side | None]


def _sides_of(resources: Combining) -> Iterator[_Sides]:
    """Yield request and limit of each parameter."""
    written = resources._written()
    for (_, *amounts), value in zip(convert(written), written, strict=True):
        sides = [amount and _Side(side, amount) for side, amount in zip(_pair(value), amounts, strict=True)]
        yield sides[0], sides[1]


def _fill(resource: Resource, declared: _Sides, default: _Sides) -> _Sides:
    request, limit = default if declared == (None, None) else declared
    if request is None or (resource is GPU and limit is None):
        return request or limit, limit or request
    default_limit = default[1]
    if limit is None and default_limit is not None:
        limit = request if check_within_limit(request.amount, default_limit.amount) else default_limit
    return request, limit


# ---- what the API server stores


def _check_gpu(written: Written, request: Amount | None, limit: Amount | None) -> Iterator[Violation]:
    """Yield what only Kubernetes rejects of GPUs."""
    names = ("gpu[0]", "gpu[1]") if isinstance(written, tuple) else ("gpu",)
    found = [
        check_amount(GPU, amount, wire_string(amount), MAX_KUBERNETES_COUNT) if amount else None
        for amount in (request, limit)
    ]
    problems = [problem.at(name) for name, problem in zip(names, found, strict=False) if isinstance(problem, Problem)]
    yield from problems
    if not problems and (problem := check_gpu_limit(request, limit)):
        yield problem.at(names[0])
