"""Overriding, defaults, and what the API server stores."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resourceidl.service.v1 import resources_service_pb2 as service
from resources_py import Resources, ResourcesError, ResourcesTypeError, ResourcesWarning
from resources_py.service._resolve import resolve_bytes

# ---- values as written


@pytest.mark.parametrize(
    ("declared", "override", "result"),
    [
        ({}, {}, {}),
        ({"cpu": 1}, {"cpu": None}, {"cpu": 1}),
        ({"cpu": 1}, {"cpu": 2.5}, {"cpu": 2.5}),
        ({"cpu": ("500m", 2)}, {"cpu": 3}, {"cpu": 3}),
        ({"cpu": ("500m", 2)}, {"cpu": (None, 4)}, {"cpu": ("500m", 4)}),
        ({"cpu": ("500m", 2)}, {"cpu": [1, None]}, {"cpu": (1, 2)}),
        ({"cpu": 2}, {"cpu": (None, 4)}, {"cpu": (2, 4)}),
        ({}, {"mem": ("1Gi", None)}, {"mem": ("1Gi", None)}),
        (
            {"mem": "1Gi", "gpu": 1},
            {"gpu": 8, "ephemeral_storage": "10Gi"},
            {"mem": "1Gi", "gpu": 8, "ephemeral_storage": "10Gi"},
        ),
    ],
)
def test_override(declared: dict[str, Any], override: dict[str, Any], result: dict[str, Any]) -> None:
    wanted = Resources(**result)
    for combined in (Resources(**declared).override(**override), Resources(**declared).override(Resources(**override))):
        assert (combined, repr(combined)) == (wanted, repr(wanted))


def test_override_says_where_both_come_from() -> None:
    declared = Resources(cpu=2, mem="1Gi", ephemeral_storage=("1Gi", "2Gi"))
    with pytest.raises(ResourcesError) as raised:
        declared.override(cpu=(None, "500m"), mem=("2Gi", None), ephemeral_storage=(None, "3Gi"))
    assert [tuple(violation) for violation in raised.value.violations] == [
        ("cpu[0]", "REQUEST_ABOVE_LIMIT", "request 2 as declared is above limit 500m of the override: override both"),
        ("mem[0]", "REQUEST_ABOVE_LIMIT", "request 2Gi of the override is above limit 1Gi as declared: override both"),
    ]


@pytest.mark.parametrize(
    ("arguments", "fields", "error", "message"),
    [
        (("1",), {}, ResourcesTypeError, "other: '1': pass a Resources, or fields such as cpu=2"),
        (({"cpu": 1},), {}, ResourcesTypeError, r"other: \{'cpu': 1\}: pass a Resources, or fields such as cpu=2"),
        (
            (Resources(),),
            {"cpu": 1},
            ResourcesTypeError,
            r"other: Resources\(\) is beside fields: pass a Resources, or",
        ),
        ((), {"cpus": 1}, ResourcesTypeError, "cpus: unknown key 'cpus': did you mean cpu"),
        ((), {"cpu": "1Gb"}, ResourcesError, "cpu: '1Gb' is not a quantity"),
        ((), {"cpu": (2, 1)}, ResourcesError, r"cpu\[0\]: request 2 is above limit 1: raise the limit"),
        ((), {"mem": 1.5}, ResourcesTypeError, "mem: "),
    ],
)
def test_override_refuses(arguments: Any, fields: Any, error: type[ResourcesError], message: str) -> None:
    with pytest.raises(error, match=f"^{message}"):
        Resources(cpu=1).override(*arguments, **fields)


def test_override_warns_here_and_defaults_do_not() -> None:
    with pytest.warns(ResourcesWarning, match="TINY_MEMORY") as caught:
        Resources(cpu=1).override(mem=512)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tiny = Resources(mem=512)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Resources(cpu=1).with_defaults(tiny).mem == 512
        assert tiny.defaulted().mem == "512"


@pytest.mark.parametrize(
    ("declared", "defaults", "result"),
    [
        ({"cpu": 0.5}, {"cpu": 1, "mem": "1Gi"}, {"cpu": 0.5, "mem": "1Gi"}),
        ({"cpu": (None, 2)}, {"cpu": (1, 4)}, {"cpu": 2}),
        ({"cpu": (2, None)}, {"cpu": (1, 4)}, {"cpu": (2, 4)}),
        ({"cpu": (8, None)}, {"cpu": (1, 4)}, {"cpu": 8}),
        ({"gpu": (2, None)}, {"gpu": 1}, {"gpu": 2}),
        ({"gpu": (None, 2)}, {}, {"gpu": 2}),
        ({}, {"mem": (None, "1Gi")}, {"mem": "1Gi"}),
    ],
)
def test_defaults(declared: dict[str, Any], defaults: dict[str, Any], result: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        combined, wanted = Resources(**declared).with_defaults(Resources(**defaults)), Resources(**result)
    assert (combined, repr(combined)) == (wanted, repr(wanted))


@pytest.mark.parametrize("defaults", [None, {"cpu": 1}, "1"])
def test_defaults_are_resources(defaults: Any) -> None:
    with pytest.raises(ResourcesTypeError, match=r"^defaults: .* is not a Resources"):
        Resources().with_defaults(defaults)


@pytest.mark.filterwarnings("ignore::resources_py.ResourcesWarning")
@pytest.mark.parametrize(
    ("gpu", "field", "reason"),
    [
        ((1, None), "gpu[0]", "LIMIT_REQUIRED"),
        ((1, 2), "gpu[0]", "REQUEST_NOT_EQUAL_LIMIT"),
        (9223372036854776, "gpu", "OUT_OF_RANGE"),
        ((None, 9223372036854776), "gpu[1]", "OUT_OF_RANGE"),
    ],
)
def test_what_kubernetes_rejects_is_not_stored(gpu: Any, field: str, reason: str) -> None:
    with pytest.raises(ResourcesError) as raised:
        Resources(gpu=gpu).defaulted()
    assert [(v.field, v.reason) for v in raised.value.violations] == [(field, reason)]


def test_a_subclass_stays_one() -> None:
    class Mine(Resources):
        pass

    mine = Mine(cpu=1)
    for combined in (mine.override(cpu=2), mine.with_defaults(Resources(mem="1Gi")), mine.defaulted()):
        assert type(combined) is Mine


# ---- laws

counts = st.integers(0, 40)
amounts = st.one_of(
    counts, counts.map(lambda n: f"{n}00m"), counts.map(lambda n: f"{n}0m"), counts.map(lambda n: f"{n}Ki")
)


def parameter(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    both = st.tuples(values, values).filter(
        lambda pair: Resources(cpu=pair[0]).requests["cpu"] <= Resources(cpu=pair[1]).requests["cpu"]
    )
    return st.one_of(st.none(), values, both, values.map(lambda v: (v, None)), values.map(lambda v: (None, v)))


def quietly(*values: Any) -> Resources:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Resources(*values)


declarations = st.builds(quietly, parameter(amounts), parameter(counts), parameter(counts), parameter(counts))


def sides(r: Resources) -> dict[tuple[str, str], Any]:
    return {(side, name): q for side in ("requests", "limits") for name, q in getattr(r, side).items()}


pytestmark = pytest.mark.filterwarnings("ignore::resources_py.ResourcesWarning")


@given(declarations, declarations)
def test_an_override_wins_and_nothing_else_changes(r: Resources, other: Resources) -> None:
    merged = sides(r) | sides(other)
    above = [
        name
        for name in ("cpu", "mem", "gpu", "ephemeral_storage")
        if (limit := merged.get(("limits", name))) is not None and merged.get(("requests", name), limit) > limit
    ]
    if above:
        with pytest.raises(ResourcesError) as raised:
            r.override(other)
        assert [v.field for v in raised.value.violations] == [f"{name}[0]" for name in above]
        return
    result = r.override(other)
    assert sides(result) == merged
    assert result.override(other) == result


@given(declarations, declarations)
def test_defaults_never_change_what_is_declared(r: Resources, defaults: Resources) -> None:
    result = r.with_defaults(defaults)
    assert sides(result) | sides(r) == sides(result)
    assert result.with_defaults(defaults) == result
    assert Resources.from_bytes(bytes(result)) == result  # so it is valid


@given(declarations, declarations, declarations)
def test_defaults_under_an_override_never_change_the_override(
    r: Resources, defaults: Resources, other: Resources
) -> None:
    try:
        overridden = r.override(other)
    except ResourcesError:
        return
    result = sides(overridden.with_defaults(defaults))
    assert all(result[side] == quantity for side, quantity in sides(other).items())


@given(declarations)
def test_defaulted_is_what_resolve_gives(r: Resources) -> None:
    request = service.ResolveRequest(resources=r.to_proto()).SerializeToString()
    try:
        stored = r.defaulted()
    except ResourcesError as error:
        reasons = {v.reason for v in error.violations}
        with pytest.raises(ResourcesError) as raised:
            resolve_bytes(request)
        assert {v.reason for v in raised.value.violations} == reasons
        return
    resolved = service.ResolveResponse.FromString(resolve_bytes(request)).resources
    assert stored.to_proto() == resolved
    assert stored.defaulted() == stored
